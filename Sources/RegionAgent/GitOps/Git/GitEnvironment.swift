internal import Foundation

/// The whole environment of a `git` process: nothing is inherited but where programs and proxies are.
///
/// No configuration file of the machine or of a user is read, nothing is asked of a terminal, only the URL's own protocol
/// is spoken. Configuration and credentials travel here, credentials as paths only, since a command line can be read by
/// every process of the machine.
enum GitEnvironment {
  private static let inherited = ["PATH", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"]

  static func variables(
    for configuration: GitOpsConfiguration, inheriting own: [String: String] = ProcessInfo.processInfo.environment
  ) -> [String: String] {
    var variables = own.filter { inherited.contains($0.key) }
    variables["HOME"] = configuration.gitFolder
    variables["LC_ALL"] = "C"
    variables["GIT_DIR"] = configuration.gitFolder
    variables["GIT_CONFIG_NOSYSTEM"] = "1"
    variables["GIT_CONFIG_GLOBAL"] = "/dev/null"
    variables["GIT_ATTR_NOSYSTEM"] = "1"
    variables["GIT_TERMINAL_PROMPT"] = "0"
    variables["GIT_ALLOW_PROTOCOL"] = configuration.scheme
    var settings = [
      // A clone has no hooks of its own, and must not get any.
      ("core.hooksPath", "/dev/null"),
      // It would go on behind our back; the clone is thrown away now and then instead.
      ("gc.auto", "0"), ("maintenance.auto", "false"),
      ("credential.helper", ""),
      // Git would go where the first answer sends it, and ask what it finds there for the branch.
      ("http.followRedirects", "false"),
      // Neither packs nor commits are to cost more than what they hold.
      ("fastimport.unpackLimit", "1"), ("http.lowSpeedLimit", "1"), ("http.lowSpeedTime", "30"),
    ]
    switch configuration.credential {
    case .none: break
    case .token(let user, let file):
      variables["GITOPS_USER"] = user
      variables["GITOPS_TOKEN_FILE"] = file
      // Whoever else asks for a password, such as a proxy, gets none.
      settings.append(("credential.\(configuration.origin).helper", helper))
    case .sshKey(let file, let knownHosts):
      variables["GIT_SSH_VARIANT"] = "ssh"
      variables["GIT_SSH_COMMAND"] = ssh(key: file, knownHosts: knownHosts)
    }
    if let authorities = configuration.authorities { settings.append(("http.sslCAInfo", authorities)) }
    variables["GIT_CONFIG_COUNT"] = String(settings.count)
    for (index, setting) in settings.enumerated() {
      variables["GIT_CONFIG_KEY_\(index)"] = setting.0
      variables["GIT_CONFIG_VALUE_\(index)"] = setting.1
    }
    return variables
  }

  /// Git runs it in a shell of its own when it needs a password: the token goes from the file through a pipe to Git.
  private static let helper =
    #"!f() { test "$1" = get && printf 'username=%s\npassword=%s\n' "$GITOPS_USER" "$(cat "$GITOPS_TOKEN_FILE")"; }; f"#

  private static func ssh(key: String, knownHosts: String) -> String {
    let options = [
      "BatchMode=yes", "IdentitiesOnly=yes", "IdentityAgent=none", "StrictHostKeyChecking=yes",
      "UserKnownHostsFile=\(knownHosts)", "GlobalKnownHostsFile=/dev/null", "ConnectTimeout=15",
      "ServerAliveInterval=15", "ServerAliveCountMax=3",
    ]
    let words = ["ssh", "-F", "/dev/null", "-i", key] + options.flatMap { ["-o", $0] }
    return words.map(quoted).joined(separator: " ")
  }

  /// One word for the shell that Git gives the command to.
  private static func quoted(_ word: String) -> String { "'\(word.replacing("'", with: #"'\''"#))'" }
}
