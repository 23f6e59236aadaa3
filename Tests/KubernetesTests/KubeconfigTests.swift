import Foundation
import Testing

@testable import Kubernetes

/// Kubeconfig files: what is understood, and what is refused in words that help.
struct KubeconfigTests {
  private func kubeconfig(user: String = "token: secret", cluster: String = "server: https://api.test:6443") -> String {
    """
    apiVersion: v1
    kind: Config
    current-context: main
    clusters: [{name: c, cluster: {\(cluster)}}]
    users: [{name: u, user: {\(user)}}]
    contexts: [{name: main, context: {cluster: c, user: u, namespace: team}}]
    """
  }

  private func resolve(
    _ texts: String..., context: String? = nil, allowInsecure: Bool = false, files: [String: String] = [:]
  ) throws -> Kubeconfig.Resolved {
    var merged = Kubeconfig()
    for (index, text) in texts.enumerated() { try merged.merge(text, file: "/etc/kube\(index)/config") }
    return try merged.resolve(context: context, source: "KUBECONFIG", allowInsecure: allowInsecure) { path in
      guard let text = files[path] else { throw CocoaError(.fileReadNoSuchFile) }
      return [UInt8](text.utf8)
    }
  }

  private func refusal(_ text: String, context: String? = nil) -> String {
    do {
      return "accepted: \(try resolve(text, context: context).server)"
    } catch {
      return "\(error)"
    }
  }

  @Test func `a token and a namespace are read`() throws {
    let resolved = try resolve(kubeconfig())
    #expect(resolved.server == "https://api.test:6443")
    #expect(resolved.namespace == "team")
    #expect(resolved.credential == .token("secret"))
    #expect(resolved.trust == .system)
  }

  @Test func `the line end that a template has left at a token is no part of it`() throws {
    #expect(try resolve(kubeconfig(user: #"token: "secret\n""#)).credential == .token("secret"))
  }

  @Test(arguments: [#"s3cret\nmore"#, "s3cret more", #"s3cret\u00E9"#, #"\n"#])
  func `a token that can be in no header is refused, and not repeated`(token: String) {
    let told = refusal(kubeconfig(user: "token: \"\(token)\""))
    #expect(told.contains("users[u].user.token: wants a bearer token in one line") && !told.contains("s3cret"))
  }

  @Test func `a relative path starts at the folder of its file`() throws {
    let text = kubeconfig(
      user: "client-certificate: pki/me.crt, client-key: /abs/me.key",
      cluster: "server: https://api.test, certificate-authority: ca.crt")
    let resolved = try resolve(
      text, files: ["/etc/kube0/pki/me.crt": "CHAIN", "/abs/me.key": "KEY", "/etc/kube0/ca.crt": "CA"])
    #expect(resolved.credential == .certificate(chain: [UInt8]("CHAIN".utf8), key: [UInt8]("KEY".utf8)))
    #expect(resolved.trust == .authority([UInt8]("CA".utf8)))
  }

  @Test func `inline data wins over a file`() throws {
    let data = Data("INLINE".utf8).base64EncodedString()
    let text = kubeconfig(
      cluster: "server: https://api.test, certificate-authority: ca.crt, certificate-authority-data: \(data)")
    #expect(try resolve(text).trust == .authority([UInt8]("INLINE".utf8)))
  }

  @Test func `a token file is kept as a path to be read again`() throws {
    #expect(try resolve(kubeconfig(user: "tokenFile: run/token")).credential == .tokenFile("/etc/kube0/run/token"))
  }

  @Test func `of several files the first that names a thing wins`() throws {
    let second = kubeconfig(user: "token: other", cluster: "server: https://other.test")
      .replacingOccurrences(of: "main", with: "second")
    #expect(try resolve(kubeconfig(), second).server == "https://api.test:6443")
    #expect(try resolve(kubeconfig(), second, context: "second").credential == .token("secret"))
  }

  @Test func `a context without a user has no credential`() throws {
    let text = kubeconfig().replacingOccurrences(of: ", user: u", with: "")
    #expect(try resolve(text).credential == .none)
  }

  @Test func `certificates are checked unless told not to`() throws {
    let text = kubeconfig(cluster: "server: https://api.test, insecure-skip-tls-verify: true")
    #expect(refusal(text).contains("insecure-skip-tls-verify: refused"))
    #expect(try resolve(text, allowInsecure: true).trust == .anyone)
  }

  @Test(arguments: [
    ("exec: {command: aws}", "users[u].user.exec: not supported; use token"),
    ("auth-provider: {name: oidc}", "users[u].user.auth-provider: not supported"),
    ("username: me, password: pw", "users[u].user.password: not supported"),
    ("as: boss, token: t", "users[u].user.as: not supported"),
    ("client-certificate-data: Q0hBSU4=", "users[u].user.client-key: missing"),
    ("client-key-data: Q0hBSU4=", "users[u].user.client-certificate: missing"),
    ("client-certificate-data: '***', client-key-data: Q0hBSU4=", "client-certificate-data: not base64"),
    ("client-certificate: gone.crt, client-key: gone.key", "/etc/kube0/gone.crt cannot be read"),
    ("client-certificate-data: Q0hBSU4=, client-key-data: Q0hBSU4=, token: t", "keep one of them"),
  ])
  func `a credential that would not work is refused`(user: String, says: String) {
    #expect(refusal(kubeconfig(user: user)).contains(says))
  }

  @Test(arguments: [
    ("certificate-authority: ca.crt", "clusters[c].cluster.server: missing"),
    ("server: 'http://10.0.0.1:8080'", "plain http is accepted on loopback only"),
    ("server: 'http://127.evil.test'", "plain http is accepted on loopback only"),
    ("server: 'ftp://api.test'", "ftp is not supported"),
    ("server: api.test", "wants https://HOST:PORT"),
    ("server: 'https://me:pw@api.test'", "not accepted"),
    ("server: 'https://api.test', proxy-url: 'http://proxy'", "proxy-url: not supported"),
    ("server: 'https://api.test', tls-server-name: other", "tls-server-name: not supported"),
  ])
  func `a cluster that could not be reached safely is refused`(cluster: String, says: String) {
    #expect(refusal(kubeconfig(cluster: cluster)).contains(says))
  }

  @Test func `names that lead nowhere are told with those there are`() {
    #expect(refusal(kubeconfig(), context: "gone") == "KUBECONFIG: contexts[gone]: not there; there are main")
    let noCluster = kubeconfig().replacingOccurrences(of: "cluster: c,", with: "cluster: x,")
    #expect(refusal(noCluster).contains("no cluster x; there are c"))
    let noUser = kubeconfig().replacingOccurrences(of: "user: u,", with: "user: x,")
    #expect(refusal(noUser).contains("no user x; there are u"))
    #expect(refusal("kind: Config").contains("current-context: not set"))
  }

  @Test func `text that is no kubeconfig is refused with its place`() {
    #expect(refusal("clusters: [{cluster: {}}]").contains("clusters[0] lacks name"))
    #expect(refusal("clusters: 5").contains("/etc/kube0/config: not a kubeconfig: clusters"))
    #expect(refusal("{{{").contains("not a kubeconfig"))
  }
}
