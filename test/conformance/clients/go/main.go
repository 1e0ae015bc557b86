// Command clients runs the checks of one Go client against the cluster KUBECONFIG names, and prints a line of JSON for
// each. It succeeds when the checks could be run; whether they hold is in the lines.
//
// usage: clients client-go|controller-runtime|flux|argo-cd|restart [CHECK...]   (CHECK: a check to leave out)
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"

	"hawsepipe.dev/test/conformance/clients/argocd"
	"hawsepipe.dev/test/conformance/clients/checks"
	"hawsepipe.dev/test/conformance/clients/clientgo"
	"hawsepipe.dev/test/conformance/clients/controllerruntime"
	"hawsepipe.dev/test/conformance/clients/flux"
	"hawsepipe.dev/test/conformance/clients/restart"
)

var clients = map[string]func() []checks.Check{
	"client-go":          clientgo.Checks,
	"controller-runtime": controllerruntime.Checks,
	"flux":               flux.Checks,
	"argo-cd":            argocd.Checks,
}

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("usage: clients NAME [CHECK...]")
	}
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	// The checks wait for servers, not for a client's own limiter.
	config.QPS, config.Burst = -1, 0
	config.WarningHandler = rest.NoWarnings{}
	klog.LogToStderr(true)
	ctrl.SetLogger(logr.Discard())
	if args[0] == "restart" {
		return restart.Run(ctx, os.Stdin, os.Stdout, config)
	}
	all, found := clients[args[0]]
	if !found {
		return fmt.Errorf("no client %q", args[0])
	}
	wanted, err := checks.Without(all(), args[1:])
	if err != nil {
		return err
	}
	return checks.Run(ctx, os.Stdout, config, args[0], wanted)
}
