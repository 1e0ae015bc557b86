// What structured-merge-diff, the library kube-apiserver computes managed fields with, says about field sets. Reads one
// JSON object per line with two sets in their FieldsV1 form, and writes what comes of them: the oracle of a test.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

type question struct {
	A json.RawMessage `json:"a"`
	B json.RawMessage `json:"b"`
}

func read(raw json.RawMessage) (*fieldpath.Set, error) {
	set := fieldpath.NewSet()
	return set, set.FromJSON(bytes.NewReader(raw))
}

func answer(q question) (map[string]any, error) {
	a, err := read(q.A)
	if err != nil {
		return nil, err
	}
	b, err := read(q.B)
	if err != nil {
		return nil, err
	}
	out := map[string]any{"size": a.Size(), "isEmpty": a.Empty(), "equals": a.Equals(b)}
	for name, set := range map[string]*fieldpath.Set{
		"same":                a,
		"union":               a.Union(b),
		"intersection":        a.Intersection(b),
		"difference":          a.Difference(b),
		"recursiveDifference": a.RecursiveDifference(b),
	} {
		text, err := set.ToJSON()
		if err != nil {
			return nil, err
		}
		out[name] = json.RawMessage(text)
	}
	paths := []string{}
	a.Iterate(func(path fieldpath.Path) { paths = append(paths, path.String()) })
	out["paths"] = paths
	return out, nil
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	for lines.Scan() {
		var q question
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		result, err := answer(q)
		if err != nil {
			result = map[string]any{"error": err.Error()}
		}
		if err := encoder.Encode(result); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
