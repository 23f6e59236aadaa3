import Contract
import HTTPTypes
import Hummingbird
import Telemetry

/// Answers those who call this machine by one of its own names.
///
/// Without authentication the service listens on loopback only, and whoever reaches it may do everything. A page of any
/// site could have its own name resolve to this machine, and then read and write as the user who looks at it; the name it
/// calls gives it away. It could also call this machine by its right name, and write without reading: its browser says
/// where it is from.
struct LocalHostMiddleware: RouterMiddleware {
  typealias Context = BasicRequestContext

  func handle(
    _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
  ) async throws -> Response {
    guard let authority = request.head.authority, !authority.isEmpty else { throw refusal(400, "", request.language) }
    guard Self.isLocal(authority) else { throw refusal(421, authority, request.language) }
    guard [.get, .head].contains(request.method) || !Self.isOfAnotherSite(request.headers) else {
      throw foreign(request.language)
    }
    return try await next(request, context)
  }

  /// Whether a browser says that a page from elsewhere had it send the request: such a page can not read the answer, but
  /// what needs no body would be done.
  static func isOfAnotherSite(_ headers: HTTPFields) -> Bool {
    if headers[.fetchSite]?.lowercased() == "cross-site" { return true }
    return headers[values: .origin].contains { origin in
      guard let scheme = ["http://", "https://"].first(where: origin.lowercased().hasPrefix) else { return true }
      return !isLocal(String(origin.dropFirst(scheme.count)))
    }
  }

  /// Whether `authority`, with or without a port, is a name of loopback. Every request is asked, so this reads bytes.
  static func isLocal(_ authority: String) -> Bool {
    guard let host = host(of: authority.lowercased()) else { return false }
    return ListenAddress(host: host, port: 0).isLoopback
  }

  /// The name or address before the port, without the brackets of IPv6; nil for what is no authority.
  private static func host(of authority: String) -> String? {
    let bytes = authority.utf8
    func isBare(_ text: Substring.UTF8View) -> Bool {
      !text.contains { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "]") }
    }
    let host: Substring.UTF8View
    var rest: Substring.UTF8View
    if bytes.first == UInt8(ascii: "[") {
      guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
      (host, rest) = (bytes.dropFirst().prefix(upTo: end), bytes[bytes.index(after: end)...])
    } else {
      host = bytes.prefix { $0 != UInt8(ascii: ":") }
      rest = bytes[host.endIndex...]
    }
    guard isBare(host) else { return nil }
    if !rest.isEmpty {
      guard rest.removeFirst() == UInt8(ascii: ":"), (1...5).contains(rest.count),
        rest.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
      else { return nil }
    }
    return String(Substring(host))
  }

  private func foreign(_ language: Language) -> Problem {
    Problem(
      status: 403, .forbidden, title: language.say("Accès refusé", "Access refused"),
      detail: language.say(
        "une page d’un autre site (Origin, Sec-Fetch-Site) ne change rien ici",
        "a page of another site (Origin, Sec-Fetch-Site) changes nothing here"))
  }

  private func refusal(_ status: Int, _ found: String, _ language: Language) -> Problem {
    Problem(
      status: status, .badRequest, title: language.say("Requête refusée", "Request refused"),
      detail: language.say(
        "l’en-tête Host « \(found.prefix(80)) » ne désigne pas cette machine ; localhost ou 127.0.0.1 la désignent",
        "the Host header “\(found.prefix(80))” does not name this machine; localhost or 127.0.0.1 do"))
  }
}

extension HTTPField.Name {
  /// Where the page is from that has a browser send a request, as against what it asks (Fetch Metadata).
  fileprivate static let fetchSite = required("Sec-Fetch-Site")
}
