/// What people who look at the namespace should know: it becomes a Kubernetes Event there.
public struct Announcement: Sendable, Hashable {
  /// The namespace.
  public var namespace: String
  /// The namespace's `uid`; nil where it is not known.
  public var uid: String?
  /// One CamelCase word.
  public var reason: String
  /// A sentence.
  public var message: String
  /// Whether it asks for attention.
  public var isWarning: Bool

  /// An announcement.
  public init(namespace: String, uid: String? = nil, reason: String, message: String, isWarning: Bool = false) {
    self.namespace = namespace
    self.uid = uid
    self.reason = reason
    self.message = message
    self.isWarning = isWarning
  }
}
