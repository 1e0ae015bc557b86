package clientgo

import (
	"net/http"
	"strings"
	"sync"

	"k8s.io/client-go/rest"
)

// requests keeps what was asked of our resource and in which form.
type requests struct {
	mutex sync.Mutex
	all   []request
}

type request struct {
	// list, stream (a watch that begins with what is there), watch, or the HTTP method.
	kind   string
	query  string
	accept string
}

// recordRequests has a client's requests recorded.
func recordRequests(config *rest.Config) *requests {
	r := &requests{}
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(in *http.Request) (*http.Response, error) {
			if strings.Contains(in.URL.Path, plural) {
				r.add(in)
			}
			return next.RoundTrip(in)
		})
	})
	return r
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(in *http.Request) (*http.Response, error) { return r(in) }

func (r *requests) add(in *http.Request) {
	query := in.URL.Query()
	kind := in.Method
	isCollection := strings.HasSuffix(in.URL.Path, plural)
	switch {
	case in.Method == http.MethodGet && query.Get("watch") != "" && query.Get("sendInitialEvents") == "true":
		kind = "stream"
	case in.Method == http.MethodGet && query.Get("watch") != "":
		kind = "watch"
	case in.Method == http.MethodGet && isCollection:
		kind = "list"
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.all = append(r.all, request{kind, in.URL.RawQuery, in.Header.Get("Accept")})
}

// kinds answers the kinds of requests in order, each once.
func (r *requests) kinds() []string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	var out []string
	seen := map[string]bool{}
	for _, request := range r.all {
		if !seen[request.kind] {
			seen[request.kind] = true
			out = append(out, request.kind)
		}
	}
	return out
}

// of answers the requests of a kind.
func (r *requests) of(kind string) []request {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	var out []request
	for _, request := range r.all {
		if request.kind == kind {
			out = append(out, request)
		}
	}
	return out
}
