import fc from 'fast-check';

/**
 * How many cases of a property are tried: all of them in the whole run, a tenth in the inner loop (`npm run test:unit`,
 * which sets TEST_QUICK).
 */
export const propertyRuns = (whole: number): number => (process.env.TEST_QUICK === '1' ? Math.ceil(whole / 10) : whole);

// For properties that name no number.
fc.configureGlobal({ numRuns: propertyRuns(100) });
