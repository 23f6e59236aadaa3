/// What `git ls-tree -z -l` and `git cat-file --batch` print.
enum TreeListing {
  /// One entry of a tree.
  struct Line: Sendable, Hashable {
    var path: String
    var entry: RepositoryTree.Entry
    /// Bytes of its content; nil where it has none of its own, such as a submodule, or where the clone lacks it.
    var size: Int?
  }

  /// `MODE TYPE ID SIZE<tab>PATH<nul>`, each. A path that is not UTF-8 is shown as well as can be: it is not ours.
  static func entries(_ output: [UInt8]) -> [Line] {
    output.split(separator: 0).compactMap { line in
      guard let tab = line.firstIndex(of: UInt8(ascii: "\t")) else { return nil }
      let columns = String(decoding: line[..<tab], as: UTF8.self).split(separator: " ")
      guard columns.count == 4 else { return nil }
      let path = String(decoding: line[(tab + 1)...], as: UTF8.self)
      let entry = RepositoryTree.Entry(mode: String(columns[0]), id: String(columns[2]))
      return Line(path: path, entry: entry, size: Int(columns[3]))
    }
  }

  /// `ID TYPE SIZE<newline>CONTENT<newline>`, each; it ends where an object is missing.
  static func contents(_ output: [UInt8]) -> [[UInt8]] {
    var contents: [[UInt8]] = []
    var rest = output[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      let columns = String(decoding: rest[..<end], as: UTF8.self).split(separator: " ")
      guard columns.count == 3, let size = Int(columns[2]), size >= 0, rest.endIndex - end - 1 >= size + 1 else {
        return contents
      }
      contents.append(Array(rest[(end + 1)..<(end + 1 + size)]))
      rest = rest[(end + 2 + size)...]
    }
    return contents
  }
}
