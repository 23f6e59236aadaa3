/// What `git ls-tree -z` and `git cat-file --batch` print.
enum TreeListing {
  /// `MODE TYPE ID<tab>PATH<nul>`, each. A path that is not UTF-8 is shown as well as can be: it is not ours.
  static func entries(_ output: [UInt8]) -> [(path: String, entry: RepositoryTree.Entry)] {
    output.split(separator: 0).compactMap { line in
      guard let tab = line.firstIndex(of: UInt8(ascii: "\t")) else { return nil }
      let columns = String(decoding: line[..<tab], as: UTF8.self).split(separator: " ")
      guard columns.count == 3 else { return nil }
      let path = String(decoding: line[(tab + 1)...], as: UTF8.self)
      return (path, RepositoryTree.Entry(mode: String(columns[0]), id: String(columns[2])))
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
