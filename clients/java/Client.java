import com.google.gson.Gson;
import io.grpc.CallCredentials;
import io.grpc.ChannelCredentials;
import io.grpc.CompositeChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/** What a portal needs of entitled in Java: a channel, and writes that are repeated safely. */
final class Client {
    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    private Client() {}

    /**
     * A channel to {@code http://host:port} or {@code https://host:port}. It repeats reads as the service config says.
     *
     * @param caFile the authority of the server's certificate; null: those that Java trusts
     * @param token sent over TLS only, since whoever sees it on its way can use it; null: none
     */
    static ManagedChannel connect(String address, Path serviceConfig, File caFile, String token) throws IOException {
        boolean isTls = address.startsWith("https://");
        if (token != null && !isTls) {
            throw new IllegalArgumentException("a token is sent over TLS only: give an address with https://");
        }
        ChannelCredentials credentials = isTls ? tls(caFile) : InsecureChannelCredentials.create();
        if (token != null) {
            credentials = CompositeChannelCredentials.create(credentials, new Bearer(token));
        }
        return Grpc.newChannelBuilder(address.replaceFirst("^https?://", ""), credentials)
                .defaultServiceConfig(read(serviceConfig))
                .build();
    }

    private static ChannelCredentials tls(File caFile) throws IOException {
        TlsChannelCredentials.Builder tls = TlsChannelCredentials.newBuilder();
        return (caFile == null ? tls : tls.trustManager(caFile)).build();
    }

    @SuppressWarnings("unchecked")
    private static Map<String, ?> read(Path serviceConfig) throws IOException {
        return new Gson().fromJson(Files.readString(serviceConfig), Map.class);
    }

    /** Nobody knows whether the write stands. Repeat it later with this request id, and never with another. */
    static final class WriteOpen extends RuntimeException {
        WriteOpen(String requestId, Throwable cause) {
            super("the write " + requestId + " is open: repeat it with the same request_id", cause);
        }
    }

    /** Is told of every attempt that failed and is repeated after the delay. */
    interface Tell {
        void failed(int attempt, Failure failure, Duration delay);
    }

    /**
     * Makes a write until it is settled, for at most {@code patience}, and returns the answer.
     *
     * <p>Every attempt must send the same {@code requestId}, so that the server carries the write out once, and have a
     * deadline of its own. This waits as long as the server says in RetryInfo, else twice as long after each attempt, up to
     * 2 seconds, with jitter.
     */
    static <T> T write(String requestId, Supplier<T> call, Duration patience, Tell tell) throws InterruptedException {
        Instant giveUp = Instant.now().plus(patience);
        boolean isOpen = false;
        for (int attempt = 1; ; attempt++) {
            try {
                return call.get();
            } catch (StatusRuntimeException error) {
                Failure failure = Failure.of(error);
                if (failure.isJudged()) {
                    throw error;
                }
                isOpen |= failure.leavesOpen();
                Duration delay = failure.retryAfter().orElse(backoff(attempt));
                if (!failure.isRepeatable() || Instant.now().plus(delay).isAfter(giveUp)) {
                    throw isOpen ? new WriteOpen(requestId, error) : error;
                }
                tell.failed(attempt, failure, delay);
                Thread.sleep(delay.toMillis());
            }
        }
    }

    private static Duration backoff(int attempt) {
        double jitter = ThreadLocalRandom.current().nextDouble(0.5, 1.0);
        return Duration.ofMillis((long) (Math.min(2_000, 100 * Math.pow(2, attempt)) * jitter));
    }

    private static final class Bearer extends CallCredentials {
        private final String token;

        Bearer(String token) {
            this.token = token;
        }

        @Override
        public void applyRequestMetadata(RequestInfo info, Executor executor, MetadataApplier applier) {
            Metadata headers = new Metadata();
            headers.put(AUTHORIZATION, "Bearer " + token);
            applier.apply(headers);
        }

        @Override
        public void thisUsesUnstableApi() {}
    }
}
