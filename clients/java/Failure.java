import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.PreconditionFailure;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * An error, read: {@code code} and {@code reason} for programs, {@code message} for people.
 *
 * @param reason empty if the error is not the server's: the answer was lost, or never made
 * @param violations of BadRequest: every mistake, with its field and reason
 * @param preconditions of PreconditionFailure: every clause that forbids it
 * @param retryAfter of RetryInfo
 */
record Failure(
        Code code,
        String message,
        String reason,
        Map<String, String> metadata,
        List<BadRequest.FieldViolation> violations,
        List<PreconditionFailure.Violation> preconditions,
        Optional<Duration> retryAfter) {

    private static final Set<Code> JUDGED =
            EnumSet.of(Code.INVALID_ARGUMENT, Code.FAILED_PRECONDITION, Code.NOT_FOUND, Code.ALREADY_EXISTS);
    private static final Set<Code> REPEATABLE = EnumSet.of(
            Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.ABORTED, Code.CANCELLED, Code.UNKNOWN, Code.INTERNAL);
    private static final Set<String> OPEN_REASONS =
            Set.of("", "COMMIT_OUTCOME_UNKNOWN", "INTERNAL", "RECORD_UNREADABLE");

    static Failure of(Throwable error) {
        Status status = Status.fromThrowable(error);
        ErrorInfo info = ErrorInfo.getDefaultInstance();
        BadRequest bad = BadRequest.getDefaultInstance();
        PreconditionFailure precondition = PreconditionFailure.getDefaultInstance();
        Optional<Duration> retryAfter = Optional.empty();
        com.google.rpc.Status sent = StatusProto.fromThrowable(error);
        try {
            for (Any detail : sent == null ? List.<Any>of() : sent.getDetailsList()) {
                if (detail.is(ErrorInfo.class)) {
                    info = detail.unpack(ErrorInfo.class);
                } else if (detail.is(BadRequest.class)) {
                    bad = detail.unpack(BadRequest.class);
                } else if (detail.is(PreconditionFailure.class)) {
                    precondition = detail.unpack(PreconditionFailure.class);
                } else if (detail.is(RetryInfo.class)) {
                    com.google.protobuf.Duration delay = detail.unpack(RetryInfo.class).getRetryDelay();
                    retryAfter = Optional.of(Duration.ofSeconds(delay.getSeconds(), delay.getNanos()));
                }
            }
        } catch (InvalidProtocolBufferException malformed) {
            // Without its details the error counts as one without a reason.
            info = ErrorInfo.getDefaultInstance();
        }
        return new Failure(
                status.getCode(),
                String.valueOf(status.getDescription()),
                info.getReason(),
                info.getMetadataMap(),
                bad.getFieldViolationsList(),
                precondition.getViolationsList(),
                retryAfter);
    }

    /** Whether this settles a write: the server judged it, and it does not stand. */
    boolean isJudged() {
        return !reason.isEmpty() && (JUDGED.contains(code) || reason.equals("ETAG_MISMATCH"));
    }

    /** Whether the write may stand or not: the server did not say, or says that it does not know. */
    boolean leavesOpen() {
        return OPEN_REASONS.contains(reason);
    }

    boolean isRepeatable() {
        return REPEATABLE.contains(code) || retryAfter.isPresent();
    }
}
