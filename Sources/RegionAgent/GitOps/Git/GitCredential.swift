/// By what the server knows us. Only paths are held: contents are read by Git or ssh when they are needed, so that a
/// rotated file counts at once, and no secret is in this process's memory, on a command line or in an environment.
public enum GitCredential: Sendable, Hashable {
  /// None is sent.
  case none
  /// Over https: a user and a file that holds a token or password.
  case token(user: String, file: String)
  /// Over ssh: a private key, and the file of the server keys that are trusted.
  case sshKey(file: String, knownHosts: String)
}
