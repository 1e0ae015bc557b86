package clientgo

import "fmt"

// errLeft says what a check still waits for.
func errLeft[V any](what V) error { return fmt.Errorf("there is still %v", what) }
