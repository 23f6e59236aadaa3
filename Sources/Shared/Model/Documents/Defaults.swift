// What may be left out of a document. The synthesized `init(from:)` of this module's types prefers these overloads to the
// standard library's, so that an absent list, dictionary or flag is empty or false, as in Kubernetes.

extension KeyedDecodingContainer {
  func decode<Element: Decodable>(_ type: [Element].Type, forKey key: Key) throws -> [Element] {
    try decodeIfPresent(type, forKey: key) ?? []
  }

  func decode<Value: Decodable>(_ type: [String: Value].Type, forKey key: Key) throws -> [String: Value] {
    try decodeIfPresent(type, forKey: key) ?? [:]
  }

  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool {
    try decodeIfPresent(type, forKey: key) ?? false
  }

  func decode(_ type: LabelSelector.Type, forKey key: Key) throws -> LabelSelector {
    try decodeIfPresent(type, forKey: key) ?? LabelSelector()
  }

  func decode(_ type: ProjectSpec.Preferences.Type, forKey key: Key) throws -> ProjectSpec.Preferences {
    try decodeIfPresent(type, forKey: key) ?? ProjectSpec.Preferences()
  }

  func decode(_ type: RegionSpec.State.Type, forKey key: Key) throws -> RegionSpec.State {
    try decodeIfPresent(type, forKey: key) ?? .open
  }

  func decode(_ type: ClusterSpec.Privacy.Type, forKey key: Key) throws -> ClusterSpec.Privacy {
    try decodeIfPresent(type, forKey: key) ?? .public
  }

  func decode(_ type: ClusterSpec.Management.Type, forKey key: Key) throws -> ClusterSpec.Management {
    try decodeIfPresent(type, forKey: key) ?? .operator
  }

  func decode(_ type: ClusterSpec.Mode.Type, forKey key: Key) throws -> ClusterSpec.Mode {
    try decodeIfPresent(type, forKey: key) ?? .own
  }
}
