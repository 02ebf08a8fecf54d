// One question a call, of many customers.
import * as lib from './lib.js';

export const options = lib.options(20);

export default function () {
  const request = lib.question(lib.customer());
  lib.call('EntitlementService/CheckEntitlement', request, (answer) => answer.decision === 'DECISION_ENTITLED');
}
