/** The one style sheet of a report. Colours reach a contrast of 4.5 to 1 with the text on them. */
export const STYLE = `
:root{color-scheme:light;font:16px/1.5 system-ui,sans-serif;color:#1b1f24;background:#fff}
body{margin:0 auto;max-width:70rem;padding:1rem 1.5rem 4rem}
h1{font-size:1.8rem;margin:.5rem 0}h2{font-size:1.4rem;margin:2.5rem 0 .5rem;border-bottom:2px solid #1b1f24}h3{font-size:1.1rem;margin:1.5rem 0 .25rem}
small{font-weight:400;color:#4a5057}
.scope{font-size:1.15rem;border-left:.4rem solid #0b5394;padding:.5rem 1rem;background:#eef4fa;max-width:60rem}
dl{display:grid;grid-template-columns:minmax(10rem,max-content) 1fr;gap:.15rem 1rem}dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;margin:.75rem 0;font-size:.9rem}
caption{text-align:left;font-weight:600;padding:.25rem 0}
th,td{border:1px solid #8a9199;padding:.25rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
thead th{background:#e9ecef}.n{text-align:right;font-variant-numeric:tabular-nums}
ul{margin:0;padding-left:1.1rem}.reasons{list-style:none;padding:0}
code{font-family:ui-monospace,monospace;font-size:.85em;overflow-wrap:anywhere}
a{color:#0b5394}a:focus-visible{outline:3px solid #0b5394}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.5rem;background:#fff;padding:.5rem}
svg{max-width:100%;height:auto;display:block;margin:.5rem 0}svg text{font:600 14px system-ui,sans-serif}
.badge{display:inline-block;padding:0 .5rem;border-radius:.25rem;white-space:nowrap;font-weight:600}
.s-satisfied{background:#1a7037;fill:#1a7037;color:#fff}.on-satisfied{fill:#fff}
.s-not-satisfied{background:#a8071a;fill:#a8071a;color:#fff}.on-not-satisfied{fill:#fff}
.s-degraded{background:#ffd666;fill:#ffd666;color:#1b1f24}.on-degraded{fill:#1b1f24}
.s-not-assessed{background:#595f66;fill:#595f66;color:#fff}.on-not-assessed{fill:#fff}
.s-not-applicable{background:#dee2e6;fill:#dee2e6;color:#1b1f24}.on-not-applicable{fill:#1b1f24}
footer{margin-top:3rem;border-top:1px solid #8a9199}
@media print{body{max-width:none;padding:0}h2{break-before:page}section:first-of-type h2{break-before:auto}tr,svg{break-inside:avoid}thead{display:table-header-group}.skip{display:none}a{color:inherit;text-decoration:none}.badge,rect{print-color-adjust:exact}}
`;
