import AsyncHTTPClient
import Contract
import Foundation
import Model
import NIOCore
import NIOHTTP1

/// Speaks to the governance service over HTTP.
struct APIClient: Sendable {
  let server: String
  let language: Language
  /// What is shown to the service; nil where it knows nobody.
  var credential: Credential?
  /// Where the credential is a stored token: gets the next one in time.
  var renewal: TokenRenewal?

  /// For the life of the process, as a shared client is. A server that is not there is told at once, rather than tried
  /// again until the time is over: a person waits. Redirections are not followed: they could take a key or a device's code
  /// out of TLS, or to somebody else.
  static let http: HTTPClient = {
    var configuration = HTTPClient.Configuration()
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.timeout.connect = .seconds(10)
    configuration.redirectConfiguration = .disallow
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }()

  /// A successful answer.
  struct Answer: Sendable {
    var status: Int
    var headers: HTTPHeaders
    var body: Data

    /// What the service would have a person know although it has accepted: `Warning: 299 - "text"`, once each.
    var warnings: [String] {
      headers["warning"].compactMap { header in
        guard header.hasPrefix("299 - \""), header.hasSuffix("\""), header.count > 8 else { return nil }
        var text = ""
        var isEscaped = false
        for character in header.dropFirst(7).dropLast() {
          if character == "\\", !isEscaped {
            isEscaped = true
          } else {
            text.append(character)
            isEscaped = false
          }
        }
        return text
      }
    }

    /// The body as a value.
    func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
      do {
        return try ModelJSON.decoder.decode(type, from: body)
      } catch {
        throw ClientError.unreadable("\(error)")
      }
    }
  }

  /// Sends one request; waits at most `timeout` for the whole of its answer.
  ///
  /// - Throws: ``ClientError``; `ValidationError` where a credential would go where others could read it.
  func send(
    _ method: HTTPMethod, _ path: String, body: Data? = nil, contentType: String = "application/json",
    headers: [(String, String)] = [], timeout: TimeAmount = .seconds(30)
  ) async throws -> Answer {
    if credential != nil { try ServerAddress.checkForSecrets(server) }
    var request = HTTPClientRequest(url: server + path)
    request.method = method
    request.headers.add(name: "accept-language", value: language.rawValue)
    let shown = try await renewal?.token().map(Credential.token) ?? credential
    if let credential = shown { request.headers.add(name: credential.header.name, value: credential.header.value) }
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    if let body {
      request.headers.add(name: "content-type", value: contentType)
      request.body = .bytes(body)
    }
    let answer: Answer
    do {
      answer = try await Self.exchange(request, upTo: 64 << 20, within: timeout)
    } catch {
      throw ClientError(asking: server, error)
    }
    guard (200..<300).contains(answer.status) else {
      throw ClientError.refused((try? answer.decode(Problem.self)) ?? fallback(answer), language)
    }
    return answer
  }

  /// Sends a request and takes its whole answer, within `limit`: the client's own limit ends with the head, and whoever sends
  /// that and nothing more would be waited for without an end. No limit between two parts does for that: there are answers
  /// that the service thinks about for minutes.
  static func exchange(
    _ request: HTTPClientRequest, upTo size: Int, within limit: TimeAmount
  ) async throws -> Answer {
    try await withThrowingTaskGroup(of: Answer.self) { group in
      group.addTask {
        let response = try await Self.http.execute(request, timeout: limit)
        do {
          let bytes = try await response.body.collect(upTo: size)
          return Answer(
            status: Int(response.status.code), headers: response.headers, body: Data(bytes.readableBytesView))
        } catch {
          throw BrokenAnswer(reason: error)
        }
      }
      group.addTask {
        try await Task.sleep(for: Duration(limit))
        throw HTTPClientError.deadlineExceeded
      }
      defer { group.cancelAll() }
      guard let first = try await group.next() else { throw CancellationError() }
      return first
    }
  }

  /// All items of a list, page by page.
  func all<Item: Codable & Sendable>(_ path: String, of type: Item.Type = Item.self) async throws -> [Item] {
    var items: [Item] = []
    var cursor: String?
    repeat {
      let separator = path.contains("?") ? "&" : "?"
      let more = cursor.map { "\(separator)cursor=\($0)" } ?? ""
      let page: ListView<Item> = try await send(.GET, path + more).decode()
      items += page.items
      cursor = page.next
    } while cursor != nil
    return items
  }

  /// All resources of a kind, page by page, and how many of them whoever asks is told nothing of.
  func resources(_ kind: Kind) async throws -> (items: [ResourceView], withheld: Int) {
    var items: [ResourceView] = []
    var (cursor, withheld): (String?, Int) = (nil, 0)
    repeat {
      let more = cursor.map { "?cursor=\($0)" } ?? ""
      let page: ResourceListView = try await send(.GET, "/api/v1/\(kind.plural)\(more)").decode()
      items += page.items
      (cursor, withheld) = (page.next, page.withheld ?? 0)
    } while cursor != nil
    return (items, withheld)
  }

  /// A name as one part of a path or query: whatever it holds leads nowhere else.
  static func part(_ name: String) -> String {
    var allowed = CharacterSet.alphanumerics.intersection(CharacterSet(charactersIn: "\0"..."\u{7F}"))
    allowed.insert(charactersIn: "-_.~")
    let text = name.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
    return [".", ".."].contains(text) ? text.replacingOccurrences(of: ".", with: "%2E") : text
  }

  /// What is told of an answer that is no problem of the service's.
  private func fallback(_ answer: Answer) -> Problem {
    var detail = String(decoding: answer.body.prefix(200), as: UTF8.self)
    if (300..<400).contains(answer.status), let location = answer.headers.first(name: "location") {
      let shown = location.prefix(200)
      detail =
        language == .fr
        ? "le service renvoie à \(shown) ; aucune redirection n’est suivie : donnez la bonne adresse par --server"
        : "the service points to \(shown); no redirection is followed: give the right address by --server"
    }
    var problem = Problem(
      status: answer.status, code: "http-\(answer.status)", title: "HTTP \(answer.status)", detail: detail)
    problem.type = "about:blank"
    return problem
  }
}
