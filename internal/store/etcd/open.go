package etcd

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
	"go.etcd.io/etcd/server/v3/storage/wal"

	"github.com/selfsame-dev/selfsame/internal/store"
)

// Config says how an engine inside the process runs. Zero values are good, but
// for Dir.
type Config struct {
	Dir    string       // the data folder; made if it is not there
	Logger *slog.Logger // nil: silent

	// Reserve is how much free disk an update needs, 64 MiB if 0. Updates under
	// [store.WithReserve] need half of it. See minReserve for the least.
	Reserve int64
	// Quota is the most etcd's database may grow to, 8 GiB if 0: the most that
	// etcd's authors suggest.
	Quota int64
	// History is how many revisions are kept for watches to resume from, 10,000
	// if 0.
	History int64
}

const (
	// memberName and peerURL name the only member. Nobody dials it: the first
	// server that joins has it replaced with an address of the network.
	memberName = "selfsame"
	peerURL    = "unix:///peer"

	// maxTxnOps and maxRequest leave room for a transaction at every limit of
	// package store: its writes, and a compare for each key it read.
	maxTxnOps  = store.MaxOps + 1
	maxRequest = store.MaxWrite + store.MaxOps*(store.MaxKey+64)

	// segment is the size of a file of etcd's log. Two are allocated ahead and
	// some are kept, so etcd's own 64 MB would cost an empty store 128 MB.
	segment = 16 << 20
)

func (c *Config) setDefaults() {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Reserve == 0 {
		c.Reserve = 64 << 20
	}
	c.Reserve = max(c.Reserve, minReserve)
	if c.Quota == 0 {
		c.Quota = 8 << 30
	}
	if c.History == 0 {
		c.History = 10_000
	}
}

// Open starts etcd inside this process on the data folder of c, and returns
// once it serves.
func Open(ctx context.Context, c Config) (*Store, error) {
	c.setDefaults()
	folder, err := lockFolder(c.Dir)
	if err != nil {
		return nil, err
	}
	s := &Store{cfg: c, folder: folder}
	if s.room, err = openRoom(c, folder); err == nil {
		s.server, err = startServer(ctx, c, folder)
	}
	if err != nil {
		folder.Close()
		return nil, err
	}
	s.client = v3client.New(s.server.Server)
	s.room.run(s.client, s.server.Server)
	return s.start(), nil
}

// Dial uses the etcd cluster at endpoints. It must take requests as large as
// this package makes them: max-txn-ops and max-request-bytes as in [Open].
func Dial(ctx context.Context, endpoints []string, conf *tls.Config, log *slog.Logger) (*Store, error) {
	c := Config{Logger: log}
	c.setDefaults()
	client, err := clientv3.New(clientv3.Config{
		Endpoints: endpoints, TLS: conf, Logger: bridge(c.Logger),
		DialTimeout: 5 * time.Second, DialKeepAliveTime: 10 * time.Second, DialKeepAliveTimeout: 5 * time.Second,
		MaxCallSendMsgSize: maxRequest, RejectOldCluster: true,
	})
	if err != nil {
		return nil, fmt.Errorf("reach etcd at %v: %w", endpoints, err)
	}
	s := &Store{cfg: c, client: client}
	if _, err := s.ask(ctx); err != nil {
		client.Close()
		return nil, fmt.Errorf("reach etcd at %v: %w", endpoints, err)
	}
	return s.start(), nil
}

// lockFolder makes the data folder and locks it. The lock goes when the file is
// closed, or with the process.
func lockFolder(dir string) (*os.File, error) {
	if dir == "" {
		return nil, errors.New("the store has no data folder")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	// The folder may be an old one, made by hand.
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, fmt.Errorf("close the data folder to others: %w", err)
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("open the data folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, store.ErrInUse
		}
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	return f, nil
}

// setSegment shortens the files of etcd's log. etcd has no setting for it.
var setSegment = sync.OnceFunc(func() { wal.SegmentSizeBytes = segment })

// startServer starts etcd and waits until it serves.
//
// etcd ends the program when it meets a damaged file. While it starts, on this
// goroutine, that becomes an error.
func startServer(ctx context.Context, c Config, folder *os.File) (e *embed.Etcd, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the data folder %s is damaged, restore a backup into a new one: %v", c.Dir, r)
		}
	}()
	setSegment()
	if e, err = embed.StartEtcd(embedConfig(c, folder)); err != nil {
		return nil, fmt.Errorf("start etcd on %s: %w", c.Dir, err)
	}
	select {
	case <-e.Server.ReadyNotify():
		return e, nil
	case err = <-e.Err():
	case <-e.Server.StopNotify():
		err = errors.New("it stopped")
	case <-ctx.Done():
		err = ctx.Err()
	}
	e.Close()
	return nil, fmt.Errorf("start etcd on %s: %w", c.Dir, err)
}

// embedConfig returns etcd's settings.
//
// With etcd's own snapshot count of 10,000, a million objects loaded in large
// transactions stay in memory and took 80 s to replay at a start; with 1,000,
// 11 s. With its own ticks an empty store took up to a second to be ready.
func embedConfig(c Config, folder *os.File) *embed.Config {
	ec := embed.NewConfig()
	ec.Name, ec.Dir = memberName, c.Dir
	ec.ZapLoggerBuilder = embed.NewZapLoggerBuilder(bridge(c.Logger))

	peer, _ := url.Parse(peerURL)
	ec.AdvertisePeerUrls = []url.URL{*peer}
	ec.AdvertiseClientUrls = []url.URL{*peer}
	ec.InitialCluster = memberName + "=" + peerURL
	ec.InitialClusterToken = rand.Text() // so that no two clusters have one id; read at the first start only
	ec.ListenPeerUrls = []url.URL{socket(folder, "peer.sock")}
	ec.ListenClientUrls = []url.URL{socket(folder, "client.sock")}
	ec.EnableGRPCGateway = false

	ec.TickMs, ec.ElectionMs = 10, 100 // one member: it only waits for itself
	ec.SnapshotCount, ec.SnapshotCatchUpEntries = 1000, 500
	ec.MaxWalFiles = 2
	ec.MaxTxnOps, ec.MaxRequestBytes = maxTxnOps, maxRequest
	ec.QuotaBackendBytes = c.Quota
	ec.AutoCompactionMode = "revision"
	ec.AutoCompactionRetention = strconv.FormatInt(c.History, 10)
	ec.WarningApplyDuration = time.Second
	ec.WarningUnaryRequestDuration = 2 * time.Second
	return ec
}

// socket returns the address of a unix socket in the data folder.
//
// The path of a socket has at most 107 bytes, and a data folder may be deeper
// than that. So the folder is named by its open descriptor, which also spares
// us what etcd makes of a comma or a space in a path.
//
// The path stands where a host would. Of a peer's address etcd reads only that,
// and from an empty one the kernel makes a socket that every local user reaches.
func socket(folder *os.File, name string) url.URL {
	return url.URL{Scheme: "unix", Host: filepath.Join("/proc/self/fd", strconv.Itoa(int(folder.Fd())), name)}
}
