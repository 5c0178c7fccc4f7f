// Somebody else's client of the Workload API, go-spiffe, which judges what a box gives. Each word is one thing to try:
//
//	peer fetch SOCKET FOLDER             the certificate as files: svid.pem, svid_key.pem, svid_bundle.pem
//	peer watch SOCKET                    a line for each news, until the input ends
//	peer status SOCKET (bare|header|jwt) how a call without the header, with it, or of the JWT profile ends
//	peer crowd SOCKET NUMBER             how many of so many calls that are all open at once are answered
//	peer serve SOCKET ADDRESS ID         one connection by mutual TLS at a unix address, from ID alone
//	peer call SOCKET ADDRESS ID          the other side of it
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/proto/spiffe/workload"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"
	"github.com/spiffe/go-spiffe/v2/workloadapi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const patience = 2 * time.Minute

func address(socket string) workloadapi.ClientOption {
	return workloadapi.WithAddr("unix://" + socket)
}

// Waits for a certificate, as programs do that are started before the box was admitted.
func source(ctx context.Context, socket string) (*workloadapi.X509Source, error) {
	return workloadapi.NewX509Source(ctx, workloadapi.WithClientOptions(address(socket)))
}

func fetch(ctx context.Context, words []string) error {
	from, err := source(ctx, words[0])
	if err != nil {
		return err
	}
	defer from.Close()
	svid, err := from.GetX509SVID()
	if err != nil {
		return err
	}
	chain, key, err := svid.Marshal()
	if err != nil {
		return err
	}
	bundle, err := from.GetX509BundleForTrustDomain(svid.ID.TrustDomain())
	if err != nil {
		return err
	}
	roots, err := bundle.Marshal()
	if err != nil {
		return err
	}
	for name, bytes := range map[string][]byte{"svid.pem": chain, "svid_key.pem": key, "svid_bundle.pem": roots} {
		if block, _ := pem.Decode(bytes); block == nil {
			return errors.New(name + " is no PEM")
		}
		if err := os.WriteFile(filepath.Join(words[1], name), bytes, 0600); err != nil {
			return err
		}
	}
	fmt.Println(svid.ID)
	return nil
}

type watcher struct{}

func (watcher) OnX509ContextUpdate(news *workloadapi.X509Context) {
	svid := news.DefaultSVID()
	fmt.Printf("svid %s %s hint=%s roots=%d\n", svid.ID, svid.Certificates[0].SerialNumber.Text(16), svid.Hint,
		roots(news.Bundles, svid.ID))
}

func (watcher) OnX509ContextWatchError(err error) {
	fmt.Println("error", status.Code(err), err)
}

func (watcher) OnX509BundlesUpdate(news *x509bundle.Set) {
	for _, bundle := range news.Bundles() {
		all := bundle.X509Authorities()
		fmt.Printf("bundle %s %d %x\n", bundle.TrustDomain(), len(all), all[0].SubjectKeyId)
	}
}

func (watcher) OnX509BundlesWatchError(err error) {
	fmt.Println("bundle error", status.Code(err))
}

func roots(bundles *x509bundle.Set, id spiffeid.ID) int {
	bundle, err := bundles.GetX509BundleForTrustDomain(id.TrustDomain())
	if err != nil {
		return 0
	}
	return len(bundle.X509Authorities())
}

func watch(ctx context.Context, words []string) error {
	ctx, stop := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	go func() { _ = workloadapi.WatchX509Bundles(ctx, watcher{}, address(words[0])) }()
	if err := workloadapi.WatchX509Context(ctx, watcher{}, address(words[0])); ctx.Err() == nil {
		return err
	}
	return nil
}

func call(ctx context.Context, client workload.SpiffeWorkloadAPIClient, how string) error {
	if how != "bare" {
		ctx = metadata.AppendToOutgoingContext(ctx, "workload.spiffe.io", "true")
	}
	if how == "jwt" {
		_, err := client.FetchJWTSVID(ctx, &workload.JWTSVIDRequest{Audience: []string{"anybody"}})
		return err
	}
	stream, err := client.FetchX509SVID(ctx, &workload.X509SVIDRequest{})
	if err != nil {
		return err
	}
	_, err = stream.Recv()
	return err
}

func connect(socket string) (*grpc.ClientConn, error) {
	return grpc.NewClient("unix:"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
}

// Each by a connection of its own, and all stay open to the end.
func crowd(ctx context.Context, words []string) error {
	number, err := strconv.Atoi(words[1])
	if err != nil {
		return err
	}
	answered, ended := 0, map[codes.Code]int{}
	for range number {
		connection, err := connect(words[0])
		if err != nil {
			return err
		}
		defer connection.Close()
		err = call(ctx, workload.NewSpiffeWorkloadAPIClient(connection), "header")
		if err == nil {
			answered++
		} else {
			ended[status.Code(err)]++
		}
	}
	fmt.Println(answered, ended)
	return nil
}

func tell(ctx context.Context, words []string) error {
	connection, err := connect(words[0])
	if err != nil {
		return err
	}
	defer connection.Close()
	err = call(ctx, workload.NewSpiffeWorkloadAPIClient(connection), words[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	fmt.Println(status.Code(err))
	return nil
}

func serve(ctx context.Context, words []string) error {
	mine, err := source(ctx, words[0])
	if err != nil {
		return err
	}
	defer mine.Close()
	peer := spiffeid.RequireFromString(words[2])
	listener, err := tls.Listen("unix", words[1], tlsconfig.MTLSServerConfig(mine, mine, tlsconfig.AuthorizeID(peer)))
	if err != nil {
		return err
	}
	defer listener.Close()
	fmt.Println("listening")
	connection, err := listener.Accept()
	if err != nil {
		return err
	}
	defer connection.Close()
	line, err := bufio.NewReader(connection).ReadString('\n')
	if err != nil {
		return err
	}
	_, err = io.WriteString(connection, "heard "+line)
	return err
}

func dial(ctx context.Context, words []string) error {
	mine, err := source(ctx, words[0])
	if err != nil {
		return err
	}
	defer mine.Close()
	peer := spiffeid.RequireFromString(words[2])
	connection, err := tls.Dial("unix", words[1], tlsconfig.MTLSClientConfig(mine, mine, tlsconfig.AuthorizeID(peer)))
	if err != nil {
		return err
	}
	defer connection.Close()
	if _, err := io.WriteString(connection, "alarm\n"); err != nil {
		return err
	}
	line, err := bufio.NewReader(connection).ReadString('\n')
	fmt.Print(line)
	return err
}

func main() {
	verbs := map[string]struct {
		words int
		run   func(context.Context, []string) error
	}{"fetch": {2, fetch}, "watch": {1, watch}, "status": {2, tell}, "serve": {3, serve}, "call": {3, dial}, "crowd": {2, crowd}}
	if len(os.Args) < 2 {
		os.Exit(64)
	}
	verb, known := verbs[os.Args[1]]
	if !known || len(os.Args) != 2+verb.words {
		os.Exit(64)
	}
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	if err := verb.run(ctx, os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}
