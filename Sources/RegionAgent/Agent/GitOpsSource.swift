import Foundation
import GitOps
import Telemetry

/// Where the zone's repository is, as the environment says it; for clusters in mode `gitops`.
struct GitOpsSource: Sendable, Hashable {
  let url: String?
  let branch: String
  let path: String
  let clone: String
  let user: String
  let tokenFile: String?
  let keyFile: String?
  let knownHostsFile: String?
  let authorities: String?
  let author: String
  let email: String
  let namespaceDelay: Duration
  let pollInterval: Duration

  init(_ environment: inout EnvironmentReader) {
    url = environment.optionalString(
      "REGIE_GITOPS_URL",
      "The zone's Git repository, for clusters in mode gitops: https://host/path, ssh://user@host/path or file:///path."
    )
    branch = environment.string("REGIE_GITOPS_BRANCH", default: "main", "The branch that Argo CD reads.")
    path = environment.string("REGIE_GITOPS_PATH", default: "regie", "Régie's own folder in it.")
    clone = environment.string(
      "REGIE_GITOPS_CLONE", default: "/tmp/regie-gitops",
      "A folder for a clone, which nobody but the agent's user may write to; it may be lost at any time.")
    user = environment.string("REGIE_GITOPS_USER", default: "regie", "The user that the token is of.")
    tokenFile = environment.optionalString("REGIE_GITOPS_TOKEN_FILE", "Path of the token or password, over https.")
    keyFile = environment.optionalString("REGIE_GITOPS_SSH_KEY_FILE", "Path of the private key, over ssh.")
    knownHostsFile = environment.optionalString(
      "REGIE_GITOPS_KNOWN_HOSTS_FILE", "Path of the server keys that are trusted, over ssh.")
    authorities = environment.optionalString(
      "REGIE_GITOPS_CA_FILE", "Path of the PEM authorities of the server's certificate, other than the system's.")
    author = environment.string("REGIE_GITOPS_AUTHOR", default: "Régie", "Who commits: the name.")
    email = environment.string("REGIE_GITOPS_EMAIL", default: "regie@localhost", "Who commits: the address.")
    namespaceDelay = environment.duration(
      "REGIE_GITOPS_NAMESPACE_DELAY", default: .seconds(3600), in: .milliseconds(1) ... .seconds(86_400),
      "Time between a removal's two commits: Argo CD must have synchronised by then.")
    pollInterval = environment.duration(
      "REGIE_GITOPS_INTERVAL", default: .seconds(60), in: .milliseconds(100) ... .seconds(3600),
      "Time between looks at the branch.")
  }

  /// The writer's configuration.
  ///
  /// - Throws: ``StartError`` when something can not be used.
  func configuration() throws -> GitOpsConfiguration {
    guard let url else {
      throw StartError(
        "REGIE_GITOPS_URL", "a cluster is in mode gitops and no repository is named",
        wanted: "https://host/path, ssh://user@host/path or file:///path")
    }
    do {
      var configuration = try GitOpsConfiguration(
        url: url, branch: branch, path: path, clone: clone, credential: try credential(), authorities: authorities,
        author: CommitAuthor(name: author, email: email))
      configuration.namespaceDelay = namespaceDelay.seconds
      configuration.pollInterval = pollInterval.seconds
      return configuration
    } catch let error as GitOpsInputError {
      throw StartError("REGIE_GITOPS_…", "\(error.field) “\(error.found)”", wanted: error.accepted)
    }
  }

  private func credential() throws -> GitCredential {
    switch (tokenFile, keyFile) {
    case (nil, nil): return .none
    case (let token?, nil): return .token(user: user, file: token)
    case (nil, let key?):
      guard let knownHostsFile else {
        throw StartError(
          "REGIE_GITOPS_KNOWN_HOSTS_FILE", "a key is given, and no server keys that are trusted", wanted: "a path")
      }
      return .sshKey(file: key, knownHosts: knownHostsFile)
    case (_?, _?):
      throw StartError(
        "REGIE_GITOPS_TOKEN_FILE", "both a token and a key are given", wanted: "the one that the URL asks for")
    }
  }
}

extension Duration {
  fileprivate var seconds: TimeInterval {
    TimeInterval(components.seconds) + TimeInterval(components.attoseconds) / 1e18
  }
}
