import { defineConfig } from 'vitest/config';

// The product runs under these flags; the tests prove the code works under them.
const execArgv = ['--disallow-code-generation-from-strings', '--disable-proto=delete'];

// Hundreds of short processes: each takes the modules as an earlier one compiled them.
process.env['NODE_COMPILE_CACHE'] ??= new URL('node_modules/.cache/tests', import.meta.url).pathname;

const otherProjects = ['test/integration/**', 'test/corpus/**', 'test/simulation/**', 'test/cli/**', 'test/console/**'];

export default defineConfig({
  test: {
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...otherProjects, '**/*.property.test.ts'],
          pool: 'forks',
          // One module graph per worker: half of the time went into loading the same modules for each file.
          isolate: false,
          execArgv,
          testTimeout: 60_000,
        },
      },
      {
        // Generated cases against oracles: the same code as the unit tests, with many runs each.
        test: {
          name: 'property',
          include: ['test/**/*.property.test.ts'],
          exclude: otherProjects,
          pool: 'forks',
          isolate: false,
          execArgv,
          testTimeout: 120_000,
        },
      },
      {
        // The command line as processes of its own.
        test: {
          name: 'process',
          // Other processes and servers on a machine that may be busy: one more try, which the output names.
          retry: 1,
          include: ['test/cli/**/*.test.ts'],
          pool: 'forks',
          execArgv,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        // The web console in a real browser. Its driver makes functions out of text, which the flags would refuse.
        test: {
          name: 'console',
          include: ['test/console/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        // Thousands of runs of the distributed stages over a simulated broker; `npm run simulate` runs more of them.
        test: {
          name: 'simulation',
          include: ['test/simulation/**/*.test.ts'],
          pool: 'forks',
          execArgv,
          testTimeout: 600_000,
        },
      },
      {
        test: {
          name: 'corpus',
          include: ['test/corpus/**/*.test.ts'],
          pool: 'forks',
          execArgv,
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'integration',
          retry: 1,
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/integration/global-setup.ts'],
          pool: 'forks',
          execArgv,
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
