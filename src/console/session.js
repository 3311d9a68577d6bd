// The token lives as long as the tab, and nowhere else: no cookie, nothing that another page could make a browser send.
const KEY = 'wardline-token';

export const token = () => sessionStorage.getItem(KEY);
export const keep = (value) => sessionStorage.setItem(KEY, value);
export const forget = () => sessionStorage.removeItem(KEY);
