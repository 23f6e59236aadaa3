/// What is known of a placement's Argo CD Application.
public enum ApplicationSighting: Sendable, Hashable {
  /// Nobody has looked yet.
  case unread
  /// It is there, and says this.
  case seen(ApplicationStatus)
  /// There is none of this name.
  case missing(String)
  /// Argo CD's word can not be had: one CamelCase word and a sentence.
  case unavailable(reason: String, message: String)
}
