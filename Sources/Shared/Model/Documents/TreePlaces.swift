/// Finds where the values of a tree stand, by paths in the form in which problems name them. One looks up many paths:
/// what it learns of large objects is kept.
struct TreePlaces {
  /// The names of an object with many fields.
  private struct Names {
    let places: [String: Int]
    /// In UTF-8. Only so much of a path can be a name as some name is long.
    let lengths: Set<Int>
  }

  /// What stands around a name in a path: nothing at its start, a dot, or brackets and quotes where names are free.
  private static let forms = [("", ""), (".", ""), ("[\"", "\"]")].map {
    (before: Array($0.utf8), after: Array($1.utf8))
  }

  private let tree: Tree
  /// Of large objects, by the path that leads to each.
  private var names: [ArraySlice<UInt8>: Names] = [:]

  init(_ tree: Tree) { self.tree = tree }

  /// Where the deepest value on `path` stands; a field by its name.
  mutating func position(of path: String) -> SourcePosition {
    let whole = Array(path.utf8)
    var (value, position, rest) = (tree, tree.position, whole[...])
    while true {
      switch value.content {
      case .null, .bool, .number, .text: return position
      case .list(let elements):
        guard let (index, after) = Self.index(rest), index < elements.count else { return position }
        (value, position, rest) = (elements[index], elements[index].position, after)
      case .fields(let fields):
        guard let (index, after) = field(rest, of: fields, at: whole[..<rest.startIndex]) else { return position }
        (value, position, rest) = (fields[index].value, fields[index].position, after)
      }
    }
  }

  /// The element that a path begins with, `[2]`, written as it is counted.
  private static func index(_ path: ArraySlice<UInt8>) -> (index: Int, rest: ArraySlice<UInt8>)? {
    guard path.first == UInt8(ascii: "["), let end = path.firstIndex(of: UInt8(ascii: "]")) else { return nil }
    let digits = String(decoding: path[..<end].dropFirst(), as: UTF8.self)
    let rest = path[end...].dropFirst()
    guard let index = Int(digits), index >= 0, String(index) == digits, isEnd(rest) else { return nil }
    return (index, rest)
  }

  /// The first of `fields` that a path begins with: its number, and the rest of the path.
  private mutating func field(
    _ path: ArraySlice<UInt8>, of fields: [Tree.Field], at above: ArraySlice<UInt8>
  ) -> (index: Int, rest: ArraySlice<UInt8>)? {
    guard fields.count > Tree.fewFields else {
      for (index, field) in fields.enumerated() {
        for form in Self.forms {
          guard let (name, rest) = Self.name(of: field.name.utf8.count, in: path, form.before, form.after),
            name.elementsEqual(field.name.utf8)
          else { continue }
          return (index, rest)
        }
      }
      return nil
    }
    let names = names(of: fields, at: above)
    var first: (index: Int, rest: ArraySlice<UInt8>)?
    for form in Self.forms {
      for length in names.lengths {
        guard let (name, rest) = Self.name(of: length, in: path, form.before, form.after),
          let index = names.places[String(decoding: name, as: UTF8.self)], index < first?.index ?? fields.count
        else { continue }
        first = (index, rest)
      }
    }
    return first
  }

  private mutating func names(of fields: [Tree.Field], at above: ArraySlice<UInt8>) -> Names {
    if let known = names[above] { return known }
    let found = Names(places: Tree.places(fields) ?? [:], lengths: Set(fields.map(\.name.utf8.count)))
    names[above] = found
    return found
  }

  /// What would be the name, were one of `length` to stand at the beginning of a path, and what would follow it.
  private static func name(
    of length: Int, in path: ArraySlice<UInt8>, _ before: [UInt8], _ after: [UInt8]
  ) -> (name: ArraySlice<UInt8>, rest: ArraySlice<UInt8>)? {
    guard path.count >= before.count + length + after.count, path.starts(with: before) else { return nil }
    let name = path.dropFirst(before.count).prefix(length)
    let behind = path[name.endIndex...]
    let rest = behind.dropFirst(after.count)
    return behind.starts(with: after) && isEnd(rest) ? (name, rest) : nil
  }

  /// Whether a step of a path may end before `rest`.
  private static func isEnd(_ rest: ArraySlice<UInt8>) -> Bool {
    rest.isEmpty || rest.first == UInt8(ascii: ".") || rest.first == UInt8(ascii: "[")
  }
}
