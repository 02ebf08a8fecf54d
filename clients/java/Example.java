import entitled.v1.Block;
import entitled.v1.CheckEntitlementRequest;
import entitled.v1.CheckEntitlementResponse;
import entitled.v1.Consistency;
import entitled.v1.ConsumeUnitsRequest;
import entitled.v1.ConsumeUnitsResponse;
import entitled.v1.Decision;
import entitled.v1.Entitlement;
import entitled.v1.EntitlementServiceGrpc;
import entitled.v1.EntitlementServiceGrpc.EntitlementServiceBlockingStub;
import entitled.v1.LedgerServiceGrpc;
import entitled.v1.LedgerServiceGrpc.LedgerServiceBlockingStub;
import entitled.v1.ListEntitlementsRequest;
import entitled.v1.ListEntitlementsResponse;
import entitled.v1.Quantity;
import entitled.v1.Reason;
import entitled.v1.Unit;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Asks a server with the sample customers: checks, a list by pages, a write that is repeated safely, and errors. */
final class Example {
    private static final String CUSTOMER = "halden-mills";
    private static final CheckEntitlementRequest QUESTION = CheckEntitlementRequest.newBuilder()
            .setCustomerId(CUSTOMER)
            .setLocationId("nl-utrecht")
            .setProductId("azure")
            .setServiceId("enhanced-designated-engineering")
            .build();

    private final EntitlementServiceBlockingStub entitlements;
    private final LedgerServiceBlockingStub ledger;
    /** For one attempt. */
    private final Duration timeout;
    /** For all attempts of a write. */
    private final Duration patience;

    private Example(ManagedChannel channel, Duration timeout, Duration patience) {
        this.entitlements = EntitlementServiceGrpc.newBlockingStub(channel);
        this.ledger = LedgerServiceGrpc.newBlockingStub(channel);
        this.timeout = timeout;
        this.patience = patience;
    }

    /** A deadline counts from when it is set: every attempt needs one of its own. */
    private EntitlementServiceBlockingStub entitlements() {
        return entitlements.withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void check() {
        CheckEntitlementResponse answer = entitlements().checkEntitlement(QUESTION);
        Instant until = Instant.ofEpochSecond(answer.getValidUntil().getSeconds(), answer.getValidUntil().getNanos());
        System.out.printf("check at nl-utrecht: %s until %s%n", name(answer.getDecision()), until);
        // A "no" is an answer, too, and says why.
        answer = entitlements().checkEntitlement(QUESTION.toBuilder().setLocationId("nl-tilburg").build());
        String codes = answer.getReasonsList().stream().map(Reason::getCode).collect(Collectors.joining(", "));
        System.out.printf("check at nl-tilburg: %s by %s%n", name(answer.getDecision()), codes);
    }

    private void listAll() {
        ListEntitlementsRequest.Builder request =
                ListEntitlementsRequest.newBuilder().setCustomerId(CUSTOMER).setPageSize(25);
        List<Entitlement> rows = new ArrayList<>();
        int pages = 0;
        do {
            ListEntitlementsResponse page = entitlements().listEntitlements(request.build());
            rows.addAll(page.getEntitlementsList());
            pages++;
            request.setPageToken(page.getNextPageToken());
        } while (!request.getPageToken().isEmpty());
        long entitled = rows.stream().filter(row -> row.getDecision() == Decision.DECISION_ENTITLED).count();
        System.out.printf("list: %d rows on %d pages, %d of them entitled%n", rows.size(), pages, entitled);
    }

    /** Takes 90 minutes and returns the revision that has them. */
    private String consume() throws InterruptedException {
        ConsumeUnitsResponse answer = write(consumption(90, Unit.UNIT_MINUTES).setNote("case 4711").build());
        System.out.printf(
                "consume: %d minutes left, replayed: %b%n", available(answer.getBalancesList()), answer.getReplayed());
        return answer.getRevision();
    }

    private ConsumeUnitsRequest.Builder consumption(long amount, Unit unit) {
        return ConsumeUnitsRequest.newBuilder()
                .setCustomerId(QUESTION.getCustomerId())
                .setLocationId(QUESTION.getLocationId())
                .setProductId(QUESTION.getProductId())
                .setServiceId(QUESTION.getServiceId())
                .setQuantity(Quantity.newBuilder().setAmount(amount).setUnit(unit))
                // Made once for a write, and kept with the case until the write is settled.
                .setRequestId(UUID.randomUUID().toString());
    }

    private ConsumeUnitsResponse write(ConsumeUnitsRequest request) throws InterruptedException {
        return Client.write(
                request.getRequestId(),
                () -> ledger.withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS).consumeUnits(request),
                patience,
                (attempt, failure, delay) -> System.out.printf(
                        "write: attempt %d failed with %s %s, again in %.3f s%n",
                        attempt, failure.code(), reason(failure), delay.toMillis() / 1000.0));
    }

    private void readOwnWrite(String revision) {
        // Without the revision, the cache of another replica may answer from before the write.
        Consistency consistency = Consistency.newBuilder().setAtLeastRevision(revision).build();
        CheckEntitlementResponse answer =
                entitlements().checkEntitlement(QUESTION.toBuilder().setConsistency(consistency).build());
        System.out.printf(
                "check at that revision: %d minutes left%n", available(answer.getCoverage().getBlocksList()));
    }

    private interface Call {
        void run() throws InterruptedException;
    }

    /** Three errors, each with the details that a program reads. */
    private void refusals() throws InterruptedException {
        ConsumeUnitsRequest tooMuch = consumption(500, Unit.UNIT_HOURS).build();
        CheckEntitlementRequest mistaken =
                CheckEntitlementRequest.newBuilder().setCustomerId(CUSTOMER).setProductId("azure//x").build();
        CheckEntitlementRequest misspelt = QUESTION.toBuilder().setLocationId("nl-utrech").build();
        refused("consume 500 hours", () -> write(tooMuch));
        refused("a wrong request", () -> entitlements().checkEntitlement(mistaken));
        refused("a wrong location", () -> entitlements().checkEntitlement(misspelt));
    }

    private static void refused(String title, Call call) throws InterruptedException {
        try {
            call.run();
        } catch (StatusRuntimeException error) {
            tell(title, Failure.of(error));
        }
    }

    private static void tell(String title, Failure failure) {
        System.out.printf("%s: %s %s%n", title, failure.code(), reason(failure));
        for (String key : List.of("available", "requested", "nearest")) {
            if (failure.metadata().containsKey(key)) {
                System.out.printf("  %s: %s%n", key, failure.metadata().get(key));
            }
        }
        failure.preconditions().forEach(
                violation -> System.out.printf("  forbidden by %s: %s%n", violation.getType(), violation.getDescription()));
        failure.violations().forEach(
                violation -> System.out.printf("  wrong field %s: %s%n", violation.getField(), violation.getReason()));
    }

    private static String reason(Failure failure) {
        return failure.reason().isEmpty() ? "-" : failure.reason();
    }

    private static String name(Decision decision) {
        return decision.name().replace("DECISION_", "");
    }

    private static long available(List<Block> blocks) {
        return blocks.stream().mapToLong(Block::getAvailable).sum();
    }

    private static String variable(String name, String otherwise) {
        return System.getenv().getOrDefault(name, otherwise);
    }

    private static Duration seconds(String name, String otherwise) {
        return Duration.ofMillis(Math.round(Double.parseDouble(variable(name, otherwise)) * 1000));
    }

    public static void main(String[] arguments) throws Exception {
        String ca = System.getenv("ENTITLED_CA");
        String tokenFile = System.getenv("ENTITLED_TOKEN_FILE");
        ManagedChannel channel = Client.connect(
                variable("ENTITLED_ADDRESS", "http://127.0.0.1:50051"),
                Path.of(variable("ENTITLED_SERVICE_CONFIG", "../service-config.json")),
                ca == null ? null : new File(ca),
                tokenFile == null ? null : Files.readString(Path.of(tokenFile)).strip());
        Example example =
                new Example(channel, seconds("ENTITLED_TIMEOUT", "5"), seconds("ENTITLED_PATIENCE", "30"));
        try {
            example.check();
            example.listAll();
            example.readOwnWrite(example.consume());
            example.refusals();
        } catch (StatusRuntimeException error) {
            tell("failed", Failure.of(error));
            System.exit(1);
        } catch (Client.WriteOpen open) {
            System.out.println(open.getMessage());
            System.exit(1);
        } finally {
            channel.shutdownNow();
        }
    }
}
