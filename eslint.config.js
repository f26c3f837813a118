import js from '@eslint/js';
import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';

const madeExpression = {
  selector: ':matches(NewExpression, CallExpression)[callee.name="RegExp"][arguments.0.type!="Literal"]',
  message: 'Nobody has looked at the cost of an expression that is made at run time.',
};

const BROWSER_GLOBALS = [
  ...['document', 'location', 'matchMedia', 'getComputedStyle', 'setInterval', 'setTimeout', 'clearTimeout', 'fetch'],
  ...['DOMParser', 'EventSource', 'Node', 'ResizeObserver'],
];

export default tseslint.config(
  // The examples import the package as another program does, which is not built here.
  { ignores: ['dist/', 'coverage/', 'node_modules/', '.cache/', 'examples/', '**/*.generated.ts'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      // A number in a template is the normal way to print one.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // Object shapes are named by what reads best; both spellings are the same to the compiler.
      '@typescript-eslint/consistent-type-definitions': 'off',
      // An async function that only implements an async interface needs no await.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      'no-console': 'off',
      eqeqeq: ['error', 'always'],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/cli/**'],
    // A service prints through its logger; only the command line prints by itself.
    rules: { 'no-console': 'error' },
  },
  {
    files: ['src/**/*.ts', 'simulators/**/*.ts'],
    plugins: { regexp },
    rules: {
      // Anything may see text from outside, and a match that costs more than the text is long stops the process.
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': ['error', { report: 'potential', ignorePartial: false }],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', madeExpression],
    },
  },
  {
    files: ['src/bus/**/*.ts'],
    ignores: ['src/bus/connection/round-trip.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        madeExpression,
        {
          selector: 'CallExpression[callee.property.name="flush"][arguments.length=0]',
          message: 'It never settles if the connection ends first. Use roundTrip.',
        },
      ],
    },
  },
  {
    // They run in a browser.
    files: ['src/http/page/assets/*.js'],
    languageOptions: {
      globals: Object.fromEntries(BROWSER_GLOBALS.map((name) => [name, 'readonly'])),
    },
  },
  {
    files: ['**/*.mjs', '**/*.js', '**/*.cjs'],
    ignores: ['src/http/page/assets/*.js'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', module: 'writable', URL: 'readonly' } },
  },
);
