// A client and a maker of logs that share no code with ours: golang.org/x/mod/sumdb.
//
//	verify-log verify <folder> <vkey> <proofs.json>   checks our tiles, proofs and checkpoint
//	verify-log make <folder> <name> <entries>         makes a log of its own, prints its vkey
package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func main() {
	var err error
	if os.Args[1] == "verify" {
		err = verify(os.Args[2], os.Args[3], os.Args[4])
	} else {
		err = make_(os.Args[2], os.Args[3], os.Args[4])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// C2SP's paths do not name the height, which is always 8.
func path(folder string, tile tlog.Tile) string {
	short := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
	return filepath.Join(folder, strings.Replace(short, "tile/data/", "tile/entries/", 1))
}

type tiles struct{ folder string }

func (t tiles) Height() int { return height }
func (t tiles) ReadTiles(list []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range list {
		bytes, err := os.ReadFile(path(t.folder, tile))
		if err != nil {
			full := tile
			full.W = 1 << height
			if bytes, err = os.ReadFile(path(t.folder, full)); err != nil {
				return nil, err
			}
			bytes = bytes[:tile.W*tlog.HashSize]
		}
		data = append(data, bytes)
	}
	return data, nil
}
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

type proofs struct {
	Records []struct {
		Index  int64
		Hashes []string
	}
	Trees []struct {
		Size   int64
		Root   string
		Hashes []string
	}
}

func hashes(list []string) (result []tlog.Hash, err error) {
	for _, text := range list {
		hash, err := tlog.ParseHash(text)
		if err != nil {
			return nil, err
		}
		result = append(result, hash)
	}
	return result, nil
}

func verify(folder, vkey, proofFile string) error {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	signed, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return err
	}
	lines := strings.Split(opened.Text, "\n")
	if lines[0] != verifier.Name() {
		return fmt.Errorf("the origin is %s", lines[0])
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return err
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, tiles{folder})
	var ours proofs
	text, err := os.ReadFile(proofFile)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &ours); err != nil {
		return err
	}
	for _, record := range ours.Records {
		entry, err := entryAt(folder, size, record.Index)
		if err != nil {
			return err
		}
		proof, err := hashes(record.Hashes)
		if err != nil {
			return err
		}
		leaf := tlog.RecordHash(entry)
		if err := tlog.CheckRecord(proof, size, root, record.Index, leaf); err != nil {
			return fmt.Errorf("record %d: %v", record.Index, err)
		}
		own, err := tlog.ProveRecord(size, record.Index, reader)
		if err != nil || fmt.Sprint(own) != fmt.Sprint(tlog.RecordProof(proof)) {
			return fmt.Errorf("record %d is proved otherwise: %v", record.Index, err)
		}
	}
	for _, tree := range ours.Trees {
		proof, err := hashes(tree.Hashes)
		if err != nil {
			return err
		}
		older, err := tlog.ParseHash(tree.Root)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(proof, size, root, tree.Size, older); err != nil {
			return fmt.Errorf("tree %d: %v", tree.Size, err)
		}
		own, err := tlog.ProveTree(size, tree.Size, reader)
		if err != nil || fmt.Sprint(own) != fmt.Sprint(tlog.TreeProof(proof)) {
			return fmt.Errorf("tree %d is proved otherwise: %v", tree.Size, err)
		}
	}
	fmt.Printf("verified %d of %s\n", size, opened.Sigs[0].Name)
	return nil
}

func entryAt(folder string, size, index int64) ([]byte, error) {
	tile := tlog.Tile{H: height, L: -1, N: index >> height, W: 1 << height}
	if rest := size - tile.N<<height; rest < int64(tile.W) {
		tile.W = int(rest)
	}
	bundle, err := os.ReadFile(path(folder, tile))
	if err != nil {
		return nil, err
	}
	for at := tile.N << height; ; at++ {
		length := int(binary.BigEndian.Uint16(bundle))
		if at == index {
			return bundle[2 : 2+length], nil
		}
		bundle = bundle[2+length:]
	}
}

func make_(folder, name, countText string) error {
	count, err := strconv.ParseInt(countText, 10, 64)
	if err != nil {
		return err
	}
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) (list []tlog.Hash, err error) {
		for _, index := range indexes {
			list = append(list, stored[index])
		}
		return list, nil
	})
	bundles := map[int64][]byte{}
	for n := int64(0); n < count; n++ {
		entry := []byte(fmt.Sprintf("foreign entry %d", n))
		more, err := tlog.StoredHashes(n, entry, reader)
		if err != nil {
			return err
		}
		stored = append(stored, more...)
		bundle := binary.BigEndian.AppendUint16(bundles[n>>height], uint16(len(entry)))
		bundles[n>>height] = append(bundle, entry...)
	}
	for _, tile := range tlog.NewTiles(height, 0, count) {
		data, err := tlog.ReadTileData(tile, reader)
		if err != nil {
			return err
		}
		if err := write(path(folder, tile), data); err != nil {
			return err
		}
		if tile.L == 0 {
			tile.L = -1
			if err := write(path(folder, tile), bundles[tile.N]); err != nil {
				return err
			}
		}
	}
	root, err := tlog.TreeHash(count, reader)
	if err != nil {
		return err
	}
	secret, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%s\n%d\n%s\n", name, count, base64.StdEncoding.EncodeToString(root[:]))
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		return err
	}
	fmt.Println(vkey)
	return write(filepath.Join(folder, "checkpoint"), signed)
}

func write(file string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o644)
}
