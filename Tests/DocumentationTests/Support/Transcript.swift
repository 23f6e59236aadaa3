import Foundation

/// Compares what a page shows with what came.
enum Transcript {
  /// The first line of a page that did not come, or not in that order. Blanks count as one, `…` stands for anything, and
  /// lines in between may be left out.
  static func missing(_ expected: String, in actual: String) -> String? {
    var rest = lines(actual)[...]
    for line in lines(expected) {
      guard let found = rest.firstIndex(where: { matches(line, $0) }) else { return line }
      rest = rest[(found + 1)...]
    }
    return nil
  }

  /// The path of the first part of a page's JSON that is not in what came. Members may be left out, and elements before, between and
  /// after those that are shown.
  static func difference(_ expected: Any, from actual: Any?, path: String = "$") -> String? {
    switch (expected, actual) {
    case (let expected as [String: Any], let actual as [String: Any]):
      return expected.sorted { $0.key < $1.key }.lazy.compactMap {
        difference($0.value, from: actual[$0.key], path: "\(path).\($0.key)")
      }.first
    case (let expected as [Any], let actual as [Any]):
      var rest = actual[...]
      for (index, element) in expected.enumerated() {
        guard let found = rest.firstIndex(where: { difference(element, from: $0) == nil }) else {
          return "\(path)[\(index)]"
        }
        rest = rest[(found + 1)...]
      }
      return nil
    case (let expected as String, let actual as String): return matches(expected, actual) ? nil : path
    case (let expected as NSNumber, let actual as NSNumber): return expected == actual ? nil : path
    case (is NSNull, is NSNull): return nil
    default: return path
    }
  }

  static func matches(_ expected: String, _ actual: String) -> Bool {
    let parts = expected.split(separator: "…", omittingEmptySubsequences: false).map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    guard parts.count > 1, let first = parts.first, let last = parts.last else { return expected == actual }
    guard actual.hasPrefix(first) else { return false }
    var rest = actual.dropFirst(first.count)
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard let found = rest.range(of: part) else { return false }
      rest = rest[found.upperBound...]
    }
    return rest.hasSuffix(last)
  }

  private static func lines(_ text: String) -> [String] {
    text.split(whereSeparator: \.isNewline)
      .map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }.filter { !$0.isEmpty }
  }
}
