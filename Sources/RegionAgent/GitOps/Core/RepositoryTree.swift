/// What a branch of the repository holds below Régie's own path.
public struct RepositoryTree: Sendable, Hashable {
  /// One file, as Git has it.
  public struct Entry: Sendable, Hashable {
    /// `100644` for a plain file.
    public var mode: String
    /// The object's id.
    public var id: String

    /// A file.
    public init(mode: String, id: String) {
      self.mode = mode
      self.id = id
    }

    /// Whether it is a plain file, which may be executable.
    var isFile: Bool { mode.hasPrefix("100") }
  }

  /// The branch's commit; nil while the branch does not exist.
  public var head: String?
  /// Files by path from the repository's root, all of them below Régie's path, or standing in its place.
  public var entries: [String: Entry]
  /// Contents of the files named `placement.json` that may be records, by path.
  public var records: [String: [UInt8]]

  /// A tree.
  public init(head: String?, entries: [String: Entry] = [:], records: [String: [UInt8]] = [:]) {
    self.head = head
    self.entries = entries
    self.records = records
  }
}
