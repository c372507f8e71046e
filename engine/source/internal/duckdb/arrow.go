package duckdb

/*
#include <stdint.h>
#include <stdlib.h>

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
struct ArrowSchema {
	const char *format;
	const char *name;
	const char *metadata;
	int64_t flags;
	int64_t n_children;
	struct ArrowSchema **children;
	struct ArrowSchema *dictionary;
	void (*release)(struct ArrowSchema *);
	void *private_data;
};
struct ArrowArray {
	int64_t length;
	int64_t null_count;
	int64_t offset;
	int64_t n_buffers;
	int64_t n_children;
	const void **buffers;
	struct ArrowArray **children;
	struct ArrowArray *dictionary;
	void (*release)(struct ArrowArray *);
	void *private_data;
};
#endif

// Of duckdb.h (stable since 1.5.6), with every handle as the pointer that it is.
extern void *duckdb_to_arrow_schema(void *options, void **types, const char **names,
                                    uint64_t columns, struct ArrowSchema *out);
extern void *duckdb_data_chunk_to_arrow(void *options, void *chunk, struct ArrowArray *out);
*/
import "C"

import (
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/cdata"
	duck "github.com/duckdb/duckdb-go-bindings"
)

// importSchema returns the Arrow schema of a result.
func importSchema(res *duck.Result, options duck.ArrowOptions) (*arrow.Schema, error) {
	n := int(duck.ColumnCount(res))
	// Arrays of pointers that C reads must lie in C memory.
	types := (*unsafe.Pointer)(C.calloc(C.size_t(n+1), C.size_t(unsafe.Sizeof(uintptr(0)))))
	names := (**C.char)(C.calloc(C.size_t(n+1), C.size_t(unsafe.Sizeof(uintptr(0)))))
	defer C.free(unsafe.Pointer(types))
	defer C.free(unsafe.Pointer(names))
	for i := range n {
		logical := duck.ColumnLogicalType(res, duck.IdxT(i))
		defer duck.DestroyLogicalType(&logical)
		name := C.CString(duck.ColumnName(res, duck.IdxT(i)))
		defer C.free(unsafe.Pointer(name))
		unsafe.Slice(types, n)[i], unsafe.Slice(names, n)[i] = logical.Ptr, name
	}
	schema := (*C.struct_ArrowSchema)(C.calloc(1, C.sizeof_struct_ArrowSchema))
	defer C.free(unsafe.Pointer(schema))
	if err := refusal(C.duckdb_to_arrow_schema(options.Ptr, types, names, C.uint64_t(n), schema)); err != nil {
		return nil, err
	}
	// ImportCArrowSchema releases the C schema in every case.
	return cdata.ImportCArrowSchema((*cdata.CArrowSchema)(unsafe.Pointer(schema)))
}

// importChunk moves a chunk into a record, which the caller releases. The record
// shares DuckDB's memory and may outlive the result and the connection.
func importChunk(chunk duck.DataChunk, options duck.ArrowOptions, schema *arrow.Schema) (arrow.Record, error) {
	out := (*C.struct_ArrowArray)(C.calloc(1, C.sizeof_struct_ArrowArray))
	defer C.free(unsafe.Pointer(out))
	if err := refusal(C.duckdb_data_chunk_to_arrow(options.Ptr, chunk.Ptr, out)); err != nil {
		return nil, err
	}
	imported := (*cdata.CArrowArray)(unsafe.Pointer(out))
	rec, err := cdata.ImportCRecordBatchWithSchema(imported, schema)
	if err != nil {
		cdata.ReleaseCArrowArray(imported)
		return nil, &Error{Kind: KindOther, Message: err.Error()}
	}
	return rec, nil
}

// refusal takes over error data of the C interface; nil is success.
func refusal(data unsafe.Pointer) error {
	if data == nil {
		return nil
	}
	e := duck.ErrorData{Ptr: data}
	defer duck.DestroyErrorData(&e)
	if !duck.ErrorDataHasError(e) {
		return nil
	}
	return newError(duck.ErrorDataMessage(e))
}
