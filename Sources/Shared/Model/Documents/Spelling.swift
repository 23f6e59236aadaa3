/// Finds the name that somebody probably meant.
enum Spelling {
  /// The nearest of `names`, if it is near enough to be meant.
  static func nearest(to text: String, in names: [String]) -> String? {
    guard text.utf8.count <= 64 else { return nil }
    let wanted = Array(text.lowercased())
    let limit = max(1, wanted.count / 3)
    return names.map { (name: $0, distance: distance(wanted, Array($0.lowercased()))) }
      .filter { $0.distance <= limit }
      .min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
  }

  /// Insertions, deletions, substitutions and swaps of neighbours.
  private static func distance(_ left: [Character], _ right: [Character]) -> Int {
    var before: [Int] = []
    var row = Array(0...right.count)
    for (i, character) in left.enumerated() {
      var next = [i + 1]
      for (j, other) in right.enumerated() {
        var best = min(row[j] + (character == other ? 0 : 1), row[j + 1] + 1, next[j] + 1)
        if i > 0, j > 0, character == right[j - 1], left[i - 1] == other { best = min(best, before[j - 1] + 1) }
        next.append(best)
      }
      (before, row) = (row, next)
    }
    return row[right.count]
  }
}
