// What the scripts share: a connection a user, customers by number, and calls that are checked.
import grpc from 'k6/net/grpc';
import { check } from 'k6';

const ADDRESS = __ENV.ADDRESS || '127.0.0.1:50051';
const client = new grpc.Client();
client.load(['../../../proto'], 'entitled/v1/entitlement_service.proto', 'entitled/v1/ledger_service.proto');

// A call of this kind must be answered within so many milliseconds, 99 times of 100.
export function options(p99) {
  return {
    vus: Number(__ENV.VUS || 20),
    duration: __ENV.DURATION || '30s',
    // On another machine, or beside other work, the limit is another: P99=500 k6 run …
    thresholds: { checks: ['rate==1'], grpc_req_duration: [`p(99)<${__ENV.P99 || p99}`] },
  };
}

const below = (limit) => Math.floor(Math.random() * limit);

// One of the customers whose contract is in force, as `entitled demo-data --customers 1000` makes them: the last digit of
// the number is 1 to 8.
export const customer = () => `demo-${10 * (1 + below(99)) + 1 + below(8)}`;

// Any customer, also one that is suspended or ended.
export const anyCustomer = () => `demo-${10 + below(980)}`;

export const question = (customer_id, service_id = 'problem-resolution-support') => ({
  customer_id, location_id: 'hq', product_id: 'azure', service_id,
});

let connected = false;

// The answer; `holds` says what is expected of it.
export function call(method, request, holds = () => true) {
  if (!connected) {
    client.connect(ADDRESS, { plaintext: true });
    connected = true;
  }
  const response = client.invoke(`entitled.v1.${method}`, request);
  const is_right = response.status === grpc.StatusOK && holds(response.message);
  if (!is_right) {
    console.error(method, JSON.stringify(request), JSON.stringify(response.error || response.message));
  }
  check(null, { [method]: () => is_right });
  return response.message;
}
