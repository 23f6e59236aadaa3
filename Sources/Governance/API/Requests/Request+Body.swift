import Contract
import Foundation
import HTTPTypes
import Hummingbird
import Model
import NIOCore
import NIOHTTP1

extension Request {
  /// The largest body that is read, in bytes.
  static let bodyLimit = 1 << 20

  /// The media types that are read.
  ///
  /// One must be named: a page of any site may have a browser send bodies of no type, or as forms and plain text, to
  /// an address of this machine; for any other type the browser asks first, and is refused.
  static let readable: Set<String> = [
    "application/json", "application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml",
  ]

  private static let charsets: Set<String> = ["charset=utf-8", "charset=\"utf-8\""]

  /// The body as text.
  ///
  /// - Throws: ``Problem`` 413 when it is larger than ``bodyLimit``, 415 when it is neither YAML nor JSON or is
  ///   compressed, 400 when it is not UTF-8.
  func text() async throws -> String { try text(of: try await bytes()) }

  /// The body.
  ///
  /// - Throws: ``Problem`` 413 when it is larger than ``bodyLimit``, 415 when it is neither YAML nor JSON or is
  ///   compressed; `HTTPParserError` when it breaks off, or is no HTTP.
  func bytes() async throws -> ByteBuffer {
    try checkMediaType()
    do {
      return try await body.collect(upTo: Self.bodyLimit)
    } catch is NIOTooManyBytesError {
      throw Problem(
        status: 413, .bodyTooLarge, title: language.say("Corps trop grand", "Body too large"),
        detail: language.say("au plus \(Self.bodyLimit) octets sont lus", "at most \(Self.bodyLimit) bytes are read"))
    } catch is IOError {
      // It breaks off with the connection, which is as little this service's fault.
      throw HTTPParserError.closedConnection
    }
  }

  /// Whether there is no body: what there is of one can not be read after this.
  ///
  /// - Throws: `HTTPParserError` when it breaks off, or is no HTTP.
  func hasNoBody() async throws -> Bool {
    do {
      _ = try await body.collect(upTo: 0)
      return true
    } catch is NIOTooManyBytesError {
      return false
    } catch is IOError {
      throw HTTPParserError.closedConnection
    }
  }

  /// What is in a body, as text.
  ///
  /// - Throws: ``Problem`` 400 when it is not UTF-8.
  func text(of bytes: ByteBuffer) throws -> String {
    guard let text = String(validating: bytes.readableBytesView, as: UTF8.self) else {
      throw Problem.malformed(
        [FieldProblem(path: "", message: "the body is not UTF-8", messageFR: "le corps n’est pas en UTF-8")], language)
    }
    return text
  }

  private func checkMediaType() throws {
    // What almost everybody sends needs not be taken apart.
    if headers[.contentType] == "application/json", headers[.contentEncoding] == nil { return }
    guard let header = headers[.contentType] else {
      throw unsupported(
        fr: "Content-Type est absent ; application/json et application/yaml sont lus",
        en: "there is no Content-Type; application/json and application/yaml are read")
    }
    let parts = header.split(separator: ";", omittingEmptySubsequences: false).map { part in
      part.lowercased().trimmingCharacters(in: .whitespaces)
    }
    let charsets = parts.dropFirst().filter { $0.hasPrefix("charset=") }
    guard Self.readable.contains(parts[0]), charsets.allSatisfy({ Self.charsets.contains($0) }) else {
      throw unsupported(
        fr: "« \(header) » n’est pas lu ; application/json et application/yaml le sont, en UTF-8",
        en: "“\(header)” is not read; application/json and application/yaml are, in UTF-8")
    }
    if let coding = headers[.contentEncoding], coding.lowercased() != "identity" {
      throw unsupported(
        fr: "un corps en « \(coding) » n’est pas lu ; il le serait sans compression",
        en: "a body in “\(coding)” is not read; one that is not compressed would be")
    }
  }

  /// Whether the body is said to be JSON, and so must be.
  var isJSON: Bool { headers[.contentType]?.lowercased().hasPrefix("application/json") ?? false }

  private func unsupported(fr: String, en: String) -> Problem {
    Problem(
      status: 415, .unsupportedMediaType, title: language.say("Format refusé", "Unsupported format"),
      detail: language.say(fr, en))
  }

  /// The one valid resource that `text` holds.
  ///
  /// - Throws: `DocumentErrors`; ``Problem`` 400 for several documents, 422 for a resource that is wrong by itself.
  func resource(in text: String) throws -> AnyResource {
    let documents = try isJSON ? ResourceDocument.read(json: text) : ResourceDocument.read(text)
    guard documents.count == 1, let document = documents.first else {
      throw Problem.malformed(
        [
          FieldProblem(
            path: "", message: "one document is expected", messageFR: "un seul document est attendu",
            value: String(documents.count), accepted: "1")
        ], language)
    }
    let errors = document.problems.filter { $0.severity == .error }
    guard errors.isEmpty else { throw Problem.invalid(errors, language) }
    return document.resource
  }
}
