// Asks a server with the sample customers: checks, a list by pages, a write that is repeated safely, and errors.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"math/rand"
	"os"
	"strings"
	"time"

	entitled "entitled/v1"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
)

var question = entitled.CheckEntitlementRequest{
	CustomerId: "halden-mills",
	LocationId: "nl-utrecht",
	ProductId:  "azure",
	ServiceId:  "enhanced-designated-engineering",
}

type example struct {
	entitlements entitled.EntitlementServiceClient
	ledger       entitled.LedgerServiceClient
	limits       Limits
}

// check asks with a deadline of its own.
func (example example) check(request *entitled.CheckEntitlementRequest) (*entitled.CheckEntitlementResponse, error) {
	ctx, cancel := context.WithTimeout(context.Background(), example.limits.Timeout)
	defer cancel()
	return example.entitlements.CheckEntitlement(ctx, request)
}

// asked is the question, changed.
func asked(change func(*entitled.CheckEntitlementRequest)) *entitled.CheckEntitlementRequest {
	request := proto.Clone(&question).(*entitled.CheckEntitlementRequest)
	change(request)
	return request
}

func (example example) checks() error {
	answer, err := example.check(&question)
	if err != nil {
		return err
	}
	until := answer.ValidUntil.AsTime().Format(time.RFC3339)
	fmt.Printf("check at nl-utrecht: %s until %s\n", name(answer.Decision), until)
	// A "no" is an answer, too, and says why.
	answer, err = example.check(asked(func(request *entitled.CheckEntitlementRequest) { request.LocationId = "nl-tilburg" }))
	if err != nil {
		return err
	}
	var reasons []string
	for _, reason := range answer.Reasons {
		reasons = append(reasons, reason.Code)
	}
	fmt.Printf("check at nl-tilburg: %s by %s\n", name(answer.Decision), strings.Join(reasons, ", "))
	return nil
}

func (example example) listAll() error {
	request := &entitled.ListEntitlementsRequest{CustomerId: question.CustomerId, PageSize: 25}
	rows, pages, count := 0, 0, 0
	for {
		ctx, cancel := context.WithTimeout(context.Background(), example.limits.Timeout)
		page, err := example.entitlements.ListEntitlements(ctx, request)
		cancel()
		if err != nil {
			return err
		}
		rows, pages = rows+len(page.Entitlements), pages+1
		for _, row := range page.Entitlements {
			if row.Decision == entitled.Decision_DECISION_ENTITLED {
				count++
			}
		}
		if request.PageToken = page.NextPageToken; request.PageToken == "" {
			break
		}
	}
	fmt.Printf("list: %d rows on %d pages, %d of them entitled\n", rows, pages, count)
	return nil
}

func consumption(amount int64, unit entitled.Unit) *entitled.ConsumeUnitsRequest {
	return &entitled.ConsumeUnitsRequest{
		CustomerId: question.CustomerId,
		LocationId: question.LocationId,
		ProductId:  question.ProductId,
		ServiceId:  question.ServiceId,
		Quantity:   &entitled.Quantity{Amount: amount, Unit: unit},
		Note:       "case 4711",
		// Made once for a write, and kept with the case until the write is settled.
		RequestId: uuid.NewString(),
	}
}

func (example example) consume(request *entitled.ConsumeUnitsRequest) (*entitled.ConsumeUnitsResponse, error) {
	tell := func(attempt int, failure Failure, delay time.Duration) {
		fmt.Printf("write: attempt %d failed with %s %s, again in %.3f s\n",
			attempt, failure.CodeName(), orDash(failure.Reason), delay.Seconds())
	}
	return write(request.RequestId, example.limits, tell, func(ctx context.Context) (*entitled.ConsumeUnitsResponse, error) {
		return example.ledger.ConsumeUnits(ctx, request)
	})
}

// consumeAndRead takes 90 minutes, and reads the revision that has them.
func (example example) consumeAndRead() error {
	written, err := example.consume(consumption(90, entitled.Unit_UNIT_MINUTES))
	if err != nil {
		return err
	}
	fmt.Printf("consume: %d minutes left, replayed: %t\n", available(written.Balances), written.Replayed)
	// Without the revision, the cache of another replica may answer from before the write.
	answer, err := example.check(asked(func(request *entitled.CheckEntitlementRequest) {
		bound := &entitled.Consistency_AtLeastRevision{AtLeastRevision: written.Revision}
		request.Consistency = &entitled.Consistency{Requirement: bound}
	}))
	if err != nil {
		return err
	}
	fmt.Printf("check at that revision: %d minutes left\n", available(answer.Coverage.Blocks))
	return nil
}

// refusals makes three errors, each with the details that a program reads.
func (example example) refusals() error {
	_, tooMuch := example.consume(consumption(500, entitled.Unit_UNIT_HOURS))
	if errors.As(tooMuch, &WriteOpen{}) {
		return tooMuch
	}
	tellFailure("consume 500 hours", readFailure(tooMuch))
	_, err := example.check(&entitled.CheckEntitlementRequest{CustomerId: question.CustomerId, ProductId: "azure//x"})
	tellFailure("a wrong request", readFailure(err))
	_, err = example.check(asked(func(request *entitled.CheckEntitlementRequest) { request.LocationId = "nl-utrech" }))
	tellFailure("a wrong location", readFailure(err))
	return nil
}

func tellFailure(title string, failure Failure) {
	fmt.Printf("%s: %s %s\n", title, failure.CodeName(), orDash(failure.Reason))
	for _, key := range []string{"available", "requested", "nearest"} {
		if value, has := failure.Metadata[key]; has {
			fmt.Printf("  %s: %s\n", key, value)
		}
	}
	for _, violation := range failure.Preconditions {
		fmt.Printf("  forbidden by %s: %s\n", violation.Type, violation.Description)
	}
	for _, violation := range failure.Violations {
		fmt.Printf("  wrong field %s: %s\n", violation.Field, violation.Reason)
	}
}

func name(decision entitled.Decision) string {
	return strings.TrimPrefix(decision.String(), "DECISION_")
}

func orDash(reason string) string {
	if reason == "" {
		return "-"
	}
	return reason
}

func available(blocks []*entitled.Block) (sum int64) {
	for _, block := range blocks {
		sum += block.Available
	}
	return sum
}

func variable(name, otherwise string) string {
	if value, has := os.LookupEnv(name); has {
		return value
	}
	return otherwise
}

func seconds(name, otherwise string) time.Duration {
	duration, err := time.ParseDuration(variable(name, otherwise) + "s")
	if err != nil {
		log.Fatalf("%s: %v", name, err)
	}
	return duration
}

func read(file string) string {
	content, err := os.ReadFile(file)
	if err != nil {
		log.Fatal(err)
	}
	return string(content)
}

func main() {
	rand.Seed(time.Now().UnixNano())
	server := Server{
		Address: variable("ENTITLED_ADDRESS", "http://127.0.0.1:50051"),
		CA:      os.Getenv("ENTITLED_CA"),
		Cert:    os.Getenv("ENTITLED_CERT"),
		Key:     os.Getenv("ENTITLED_KEY"),
	}
	if file := os.Getenv("ENTITLED_TOKEN_FILE"); file != "" {
		server.Token = strings.TrimSpace(read(file))
	}
	channel, err := connect(server, read("../service-config.json"))
	if err != nil {
		log.Fatal(err)
	}
	defer channel.Close()
	example := example{
		entitlements: entitled.NewEntitlementServiceClient(channel),
		ledger:       entitled.NewLedgerServiceClient(channel),
		limits:       Limits{seconds("ENTITLED_TIMEOUT", "5"), seconds("ENTITLED_PATIENCE", "30")},
	}
	for _, step := range []func() error{example.checks, example.listAll, example.consumeAndRead, example.refusals} {
		if err := step(); errors.As(err, &WriteOpen{}) {
			fmt.Println(err)
			os.Exit(1)
		} else if err != nil {
			tellFailure("failed", readFailure(err))
			os.Exit(1)
		}
	}
}
