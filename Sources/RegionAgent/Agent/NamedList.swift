/// A list of names, each with what goes with it: `name=value,name=value`, as variables of the environment have it.
enum NamedList {
  /// Its parts, in order; nil where one is not of that form. Blanks beside commas do not count, as in every other list;
  /// beside the sign of equality there are none.
  static func parts(_ text: String) -> [(name: String, value: String)]? {
    var parts: [(name: String, value: String)] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let halves = trimmed(part).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard halves.count == 2, let end = halves[0].last, !end.isWhitespace, let start = halves[1].first,
        !start.isWhitespace
      else { return nil }
      parts.append((String(halves[0]), String(halves[1])))
    }
    return parts
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop(while: \.isWhitespace)
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return text
  }
}
