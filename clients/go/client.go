package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	// Has channels watch the health of servers, as the service config says.
	_ "google.golang.org/grpc/health"
)

// Server says where the server is, whom to trust and how to sign in. All but the address may be empty.
type Server struct {
	// http://host:port or https://host:port
	Address string
	// The authority of the server's certificate; without it, those that this machine trusts.
	CA string
	// The client's own certificate and its key, if the server asks for one.
	Cert, Key string
	// Sent over TLS only: whoever sees it on its way can use it.
	Token string
}

// connect makes a channel that repeats reads and watches the server's health, as the service config says.
func connect(server Server, serviceConfig string) (*grpc.ClientConn, error) {
	scheme, target, _ := strings.Cut(server.Address, "://")
	options := []grpc.DialOption{grpc.WithDefaultServiceConfig(serviceConfig)}
	if scheme != "https" {
		if server.Token != "" {
			return nil, errors.New("a token is sent over TLS only: give an address with https://")
		}
		return grpc.Dial(target, append(options, grpc.WithInsecure())...)
	}
	config, err := tlsConfig(server)
	if err != nil {
		return nil, err
	}
	options = append(options, grpc.WithTransportCredentials(credentials.NewTLS(config)))
	if server.Token != "" {
		options = append(options, grpc.WithPerRPCCredentials(bearer(server.Token)))
	}
	return grpc.Dial(target, options...)
}

func tlsConfig(server Server) (*tls.Config, error) {
	config := &tls.Config{}
	if server.CA != "" {
		authority, err := os.ReadFile(server.CA)
		if err != nil {
			return nil, err
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(authority) {
			return nil, fmt.Errorf("%s has no certificate", server.CA)
		}
	}
	if server.Cert != "" {
		certificate, err := tls.LoadX509KeyPair(server.Cert, server.Key)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{certificate}
	}
	return config, nil
}

type bearer string

func (token bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(token)}, nil
}

func (bearer) RequireTransportSecurity() bool { return true }

// WriteOpen says that nobody knows whether a write stands. Repeat it later with this request id, and never with another.
type WriteOpen struct {
	RequestID string
	Cause     error
}

func (open WriteOpen) Error() string {
	return fmt.Sprintf("the write %s is open: repeat it with the same request_id", open.RequestID)
}

func (open WriteOpen) Unwrap() error { return open.Cause }

// Limits say how long to wait: for one attempt, and for all attempts of a write.
type Limits struct {
	Timeout, Patience time.Duration
}

// write makes a write until it is settled, and returns the answer. Every attempt must send the same request id, so that
// the server carries the write out once. It waits as long as the server says in RetryInfo, else twice as long after each
// attempt, up to 2 seconds, with jitter. tell is told of every attempt that is repeated.
func write[T any](
	requestID string, limits Limits, tell func(attempt int, failure Failure, delay time.Duration),
	call func(context.Context) (T, error),
) (T, error) {
	giveUp, isOpen := time.Now().Add(limits.Patience), false
	for attempt := 1; ; attempt++ {
		ctx, cancel := context.WithTimeout(context.Background(), limits.Timeout)
		answer, err := call(ctx)
		cancel()
		if err == nil {
			return answer, nil
		}
		failure := readFailure(err)
		if failure.IsJudged() {
			return answer, err
		}
		isOpen = isOpen || failure.LeavesOpen()
		delay := backoff(attempt)
		if failure.RetryAfter != nil {
			delay = *failure.RetryAfter
		}
		if !failure.IsRepeatable() || time.Now().Add(delay).After(giveUp) {
			if isOpen {
				err = WriteOpen{requestID, err}
			}
			return answer, err
		}
		tell(attempt, failure, delay)
		time.Sleep(delay)
	}
}

func backoff(attempt int) time.Duration {
	longest := 2 * time.Second
	if attempt < 5 {
		longest = 100 * time.Millisecond << attempt
	}
	return longest/2 + time.Duration(rand.Int63n(int64(longest/2)))
}
