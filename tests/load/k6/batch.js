// A hundred questions a call, each of another customer.
import * as lib from './lib.js';

export const options = lib.options(100);

export default function () {
  const checks = Array.from({ length: 100 }, () => lib.question(lib.anyCustomer()));
  const has_all = (answer) => answer.results.length === 100 && answer.results.every((result) => result.response);
  lib.call('EntitlementService/BatchCheckEntitlements', { checks }, has_all);
}
