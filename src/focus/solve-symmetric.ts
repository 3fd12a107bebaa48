/** Linear equations with a symmetric positive definite matrix, by Cholesky's method. */

/** `matrix` row by row, of as many rows as `right` has values; it is used up. Null where it is not positive definite. */
export function solveSymmetric(matrix: Float64Array, right: Float64Array): Float64Array | null {
  const n = right.length;
  const at = (row: number, column: number): number => matrix[row * n + column] as number;
  for (let row = 0; row < n; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = at(row, column);
      for (let k = 0; k < column; k++) sum -= at(row, k) * at(column, k);
      if (row > column) matrix[row * n + column] = sum / at(column, column);
      else if (sum > 0) matrix[row * n + row] = Math.sqrt(sum);
      else return null;
    }
  }
  const solution = right.slice();
  for (let row = 0; row < n; row++) {
    for (let k = 0; k < row; k++) solution[row] = (solution[row] as number) - at(row, k) * (solution[k] as number);
    solution[row] = (solution[row] as number) / at(row, row);
  }
  for (let row = n - 1; row >= 0; row--) {
    for (let k = row + 1; k < n; k++) solution[row] = (solution[row] as number) - at(k, row) * (solution[k] as number);
    solution[row] = (solution[row] as number) / at(row, row);
  }
  return solution;
}
