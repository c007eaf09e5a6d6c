// Sparse rows turned round: entries are visited row after row, a block of columns at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace neuroloom {

// Columns that are written to by turns: a cache line of each fits into the second cache.
constexpr int64_t NEAR = 8192;

template <class Rank>
bool ascending(const int64_t* offsets, int64_t n_rows, const Rank* columns) {
    bool good = true;
    for (int64_t row = 0; row < n_rows; ++row)
        for (int64_t k = offsets[row] + 1; k < offsets[row + 1]; ++k) good &= columns[k - 1] <= columns[k];
    return good;
}

// Calls visit(row, entry, place), the place being that of the entry in the transposed rows, which begin at `cursor`.
// Where the columns of a row do not ascend, all columns are one block.
template <class Rank, class Visit>
void turn(const int64_t* offsets, int64_t n_rows, const Rank* columns, int64_t* cursor, int64_t n_columns,
          Visit visit) {
    const bool whole = n_columns <= NEAR || !ascending(offsets, n_rows, columns);
    std::vector<int64_t> seen(offsets, offsets + n_rows);
    for (int64_t limit = whole ? n_columns : NEAR;; limit = std::min(limit + NEAR, n_columns)) {
        const bool last = limit == n_columns;
        for (int64_t row = 0; row < n_rows; ++row) {
            int64_t k = seen[row];
            for (; k < offsets[row + 1] && (last || columns[k] < limit); ++k) visit(row, k, cursor[columns[k]]++);
            seen[row] = k;
        }
        if (last) return;
    }
}

template <class Rank, class RowRank>
void turn_rows(const int64_t* offsets, int64_t n_rows, const Rank* columns, int64_t* cursor, int64_t n_columns,
               RowRank* rows_t, int64_t* index_t) {
    if (index_t)
        turn(offsets, n_rows, columns, cursor, n_columns, [=](int64_t row, int64_t k, int64_t place) {
            rows_t[place] = static_cast<RowRank>(row);
            index_t[place] = k;
        });
    else
        turn(offsets, n_rows, columns, cursor, n_columns,
             [=](int64_t row, int64_t, int64_t place) { rows_t[place] = static_cast<RowRank>(row); });
}

template <class Rank, class Value>
void turn_values(const int64_t* offsets, int64_t n_rows, const Rank* columns, int64_t* cursor, int64_t n_columns,
                 const Value* values, Value* carried) {
    turn(offsets, n_rows, columns, cursor, n_columns,
         [=](int64_t, int64_t k, int64_t place) { carried[place] = values[k]; });
}

}  // namespace neuroloom
