// A minute of a customer's hours, taken once: every call has a request id of its own.
import * as lib from './lib.js';

export const options = lib.options(100);

export default function () {
  const quantity = { amount: 1, unit: 'UNIT_MINUTES' };
  const work = lib.question(lib.customer(), 'enhanced-designated-engineering');
  const request = { ...work, quantity, request_id: crypto.randomUUID() };
  lib.call('LedgerService/ConsumeUnits', request, (answer) => answer.entries.length > 0 && !answer.replayed);
}
