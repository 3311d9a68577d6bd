import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // The product runs under these flags; the tests prove the code works under them.
    execArgv: ['--disallow-code-generation-from-strings', '--disable-proto=delete'],
    testTimeout: 20_000,
  },
});
