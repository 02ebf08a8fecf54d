// Which offer answers an incident, and by when.
import * as lib from './lib.js';

export const options = lib.options(20);

export default function () {
  const { customer_id, location_id, product_id } = lib.question(lib.customer());
  const request = { customer_id, location_id, product_id, severity: 'SEVERITY_A' };
  lib.call('EntitlementService/GetResponseTarget', request, (answer) => answer.serviceId !== '');
}
