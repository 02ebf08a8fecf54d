package main

import (
	"time"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Failure is an error, read: Code and Reason are for programs, Message is for people.
type Failure struct {
	Code    codes.Code
	Message string
	// Empty if the error is not the server's: the answer was lost, or never made.
	Reason   string
	Metadata map[string]string
	// Of BadRequest: every mistake, with its field and reason.
	Violations []*errdetails.BadRequest_FieldViolation
	// Of PreconditionFailure: every clause that forbids it.
	Preconditions []*errdetails.PreconditionFailure_Violation
	// Of RetryInfo; nil without one.
	RetryAfter *time.Duration
}

func readFailure(err error) Failure {
	said := status.Convert(err)
	failure := Failure{Code: said.Code(), Message: said.Message()}
	for _, detail := range said.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			if detail.Domain == "entitled.v1" {
				failure.Reason, failure.Metadata = detail.Reason, detail.Metadata
			}
		case *errdetails.BadRequest:
			failure.Violations = detail.FieldViolations
		case *errdetails.PreconditionFailure:
			failure.Preconditions = detail.Violations
		case *errdetails.RetryInfo:
			delay := detail.RetryDelay.AsDuration()
			failure.RetryAfter = &delay
		}
	}
	return failure
}

// CodeName is the code as gRPC writes it.
func (failure Failure) CodeName() string {
	return code.Code(failure.Code).String()
}

// IsJudged tells whether this settles a write: the server judged it, and it does not stand.
func (failure Failure) IsJudged() bool {
	if failure.Reason == "" {
		return false
	}
	switch failure.Code {
	case codes.InvalidArgument, codes.FailedPrecondition, codes.NotFound, codes.AlreadyExists:
		return true
	}
	return failure.Reason == "ETAG_MISMATCH"
}

// LeavesOpen tells whether the write may stand or not: the server did not say, or says that it does not know.
func (failure Failure) LeavesOpen() bool {
	switch failure.Reason {
	case "", "COMMIT_OUTCOME_UNKNOWN", "INTERNAL", "RECORD_UNREADABLE":
		return true
	}
	return false
}

// IsRepeatable tells whether the same write may be answered otherwise after a while.
func (failure Failure) IsRepeatable() bool {
	switch failure.Code {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Aborted, codes.Canceled, codes.Unknown, codes.Internal:
		return true
	}
	return failure.RetryAfter != nil
}
