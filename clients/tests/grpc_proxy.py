"""Passes calls on to a server, after some errors that the server would have to be brought to."""

from concurrent import futures

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

CONSUME = "/entitled.v1.LedgerService/ConsumeUnits"


class GrpcProxy(grpc.GenericRpcHandler):
    """Answers the first consumes with `errors`, and passes on all else. `consumes` has each request that came."""

    def __init__(self, port, errors):
        self.errors, self.consumes = list(errors), []
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.server = grpc.server(futures.ThreadPoolExecutor(4), handlers=[self])
        self.address = f"http://127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"
        self.server.start()

    def close(self):
        self.server.stop(None).wait()
        self.channel.close()

    def service(self, details):
        if details.method == "/grpc.health.v1.Health/Watch":
            call = self.channel.unary_stream(details.method)
            return grpc.unary_stream_rpc_method_handler(lambda request, context: call(request))
        return grpc.unary_unary_rpc_method_handler(lambda request, context: self._answer(details.method, request, context))

    def _answer(self, method, request, context):
        if method == CONSUME:
            self.consumes.append(request)
            if self.errors:
                context.abort_with_status(rpc_status.to_status(self.errors.pop(0)))
        try:
            return self.channel.unary_unary(method)(request, timeout=context.time_remaining())
        except grpc.RpcError as error:
            context.set_trailing_metadata(error.trailing_metadata())
            context.abort(error.code(), error.details())


def error(code, reason, retry_after_ms=None):
    """A status as the server makes it."""
    details = [error_details_pb2.ErrorInfo(domain="entitled.v1", reason=reason)]
    if retry_after_ms is not None:
        delay = Duration()
        delay.FromMilliseconds(retry_after_ms)
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    packed = [Any() for _ in details]
    for one, detail in zip(packed, details):
        one.Pack(detail)
    return status_pb2.Status(code=code_pb2.Code.Value(code), message=reason, details=packed)
