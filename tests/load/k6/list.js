// Everything a customer has and has not.
import * as lib from './lib.js';

export const options = lib.options(100);

export default function () {
  const request = { customer_id: lib.anyCustomer(), product_id: 'azure', page_size: 100 };
  lib.call('EntitlementService/ListEntitlements', request, (answer) => answer.entitlements.length > 0);
}
