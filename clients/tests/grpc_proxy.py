"""Passes calls on to a server, after some errors that the server would have to be brought to."""

import threading
from collections import defaultdict
from concurrent import futures

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

CHECK = "/entitled.v1.EntitlementService/CheckEntitlement"
CONSUME = "/entitled.v1.LedgerService/ConsumeUnits"
WATCH = "/grpc.health.v1.Health/Watch"
# Of grpc.health.v1: a `HealthCheckResponse` with this status.
NOT_SERVING = b"\x08\x02"


class GrpcProxy(grpc.GenericRpcHandler):
    """Answers the first calls of a method with the errors for it, and passes on all else. `requests` has those that came of
    each method. With `is_serving` false it says of itself that it gets no calls."""

    def __init__(self, port, errors={}, *, is_serving=True):
        self.errors = {method: list(those) for method, those in errors.items()}
        self.requests, self.is_serving, self.stopped = defaultdict(list), is_serving, threading.Event()
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.server = grpc.server(futures.ThreadPoolExecutor(4), handlers=[self])
        self.address = f"http://127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"
        self.server.start()

    def close(self):
        self.stopped.set()
        self.server.stop(None).wait()
        self.channel.close()

    def service(self, details):
        if details.method == WATCH:
            return grpc.unary_stream_rpc_method_handler(self._watch)
        return grpc.unary_unary_rpc_method_handler(lambda request, context: self._answer(details.method, request, context))

    def _watch(self, request, context):
        if self.is_serving:
            yield from self.channel.unary_stream(WATCH)(request)
        else:
            context.add_callback(self.stopped.set)
            yield NOT_SERVING
            self.stopped.wait()

    def _answer(self, method, request, context):
        self.requests[method].append(request)
        if errors := self.errors.get(method):
            context.abort_with_status(rpc_status.to_status(errors.pop(0)))
        try:
            return self.channel.unary_unary(method)(request, timeout=context.time_remaining())
        except grpc.RpcError as error:
            context.set_trailing_metadata(error.trailing_metadata())
            context.abort(error.code(), error.details())


def error(code, reason, retry_after_ms=None, domain="entitled.v1"):
    """A status as the server makes it, or with another domain somebody on the way."""
    details = [error_details_pb2.ErrorInfo(domain=domain, reason=reason)]
    if retry_after_ms is not None:
        delay = Duration()
        delay.FromMilliseconds(retry_after_ms)
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    packed = [Any() for _ in details]
    for one, detail in zip(packed, details):
        one.Pack(detail)
    return status_pb2.Status(code=code_pb2.Code.Value(code), message=reason, details=packed)
