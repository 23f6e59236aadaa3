import Contract
import Events
import Foundation
import Model
import Requests
import Testing

@testable import CLI

/// `regie webhook …`: what is sent, and what people read.
@Suite(.timeLimit(.minutes(3)))
struct WebhookCommandTests {
  private static let id = UUID(uuidString: "0A000000-0000-4000-8000-00000000000A") ?? UUID()
  private static let at = Timestamp(microseconds: 1_795_428_000_000_000)

  private static func view(secret: String? = nil) -> WebhookView {
    WebhookView(
      id: id, operator: "dtnum", project: nil, address: "https://chat.example.fr/…", events: [.flowAsked],
      principal: "oidc:dtnum", createdAt: at, failures: 0, pending: 1, dead: 2, secret: secret)
  }

  private static let delivery = DeliveryView(
    id: id, event: "flow.asked", state: "dead", at: at, attempts: 9, status: 500, failure: "the destination refuses it")

  @Test func `each command sends what it says, and the secret is shown where the destination is made`() async throws {
    try await StubService.with { request in
      switch (request.method, request.path.split(separator: "/").last) {
      case ("GET", "webhooks"): try .init(ListView(items: [Self.view()], next: nil))
      case ("GET", _): try .init(ListView(items: [Self.delivery], next: nil))
      case ("DELETE", _): .init("", status: 204)
      case (_, "test"), (_, "resend"): try .init(Self.delivery, status: 202)
      default: try .init(Self.view(secret: "5ec4e7"), status: 201)
      }
    } _: { stub, address in
      let id = Self.id.uuidString.lowercased()
      var outputs: [String] = []
      for arguments in [
        ["add", "https://chat.example.fr/hooks/abc", "--operator", "dtnum", "--event", "flow.asked"], ["list"],
        ["list", "--principal", "oidc:a"], ["resend", id], ["test", id],
        ["deliveries", id, "--state", "dead"], ["remove", id],
      ] {
        let run = try await Run.regie(["webhook"] + arguments + ["--server", address])
        #expect(run.code == 0, "\(arguments): \(run)")
        outputs.append(run.output)
      }
      #expect(
        stub.requests.map { "\($0.method) \($0.path)\($0.query.isEmpty ? "" : "?" + $0.query)" } == [
          "POST /api/v1/webhooks", "GET /api/v1/webhooks",
          "GET /api/v1/webhooks?principal=oidc%3Aa", "POST /api/v1/webhook-deliveries/\(id)/resend",
          "POST /api/v1/webhooks/\(id)/test",
          "GET /api/v1/webhooks/\(id)/deliveries?state=dead", "DELETE /api/v1/webhooks/\(id)",
        ])
      let wish = try ModelJSON.decoder.decode(WebhookWish.self, from: Data((stub.requests.first?.body ?? "").utf8))
      #expect(
        wish == WebhookWish(operator: "dtnum", url: "https://chat.example.fr/hooks/abc", events: [.flowAsked]))
      #expect(outputs[0].contains("secret: 5ec4e7"))
      #expect(outputs[1].contains("dtnum") && outputs[1].contains("flow.asked") && !outputs[1].contains("secret"))
      #expect(outputs[5].contains("dead") && outputs[5].contains("500") && outputs[5].contains("refuses"))
    }
  }

  @Test func `one for the service body is asked for as such, and shown so`() async throws {
    try await StubService.with { _ in
      try .init(
        WebhookView(
          id: Self.id, operator: nil, project: nil, address: "https://chat.example.fr/…", events: [.moveTask],
          principal: "oidc:a", createdAt: Self.at, failures: 0, pending: 0, dead: 0, secret: "5e",
          isServiceBody: true), status: 201)
    } _: { stub, address in
      let run = try await Run.regie(
        ["webhook", "add", "https://a/b", "--service-body", "--server", address])
      #expect(run.code == 0 && run.output.contains("secret: 5e"), "\(run)")
      let wish = try ModelJSON.decoder.decode(WebhookWish.self, from: Data((stub.requests.first?.body ?? "").utf8))
      #expect(wish == WebhookWish(isServiceBody: true, url: "https://a/b"))
    }
  }

  @Test func `an address that is a secret comes from a file, or from standard input`() async throws {
    try await withFolder { folder in
      try write("https://chat.example.fr/hooks/abc\n", to: "\(folder)/url")
      try await StubService.with { _ in
        try .init(Self.view(secret: "5ec4e7"), status: 201)
      } _: { stub, address in
        let file = try await Run.regie(
          "webhook", "add", "--url-file", "\(folder)/url", "--operator", "dtnum", "--server", address)
        let input = try await Run.shell(
          #"exec "$0" webhook add --url-file - --operator dtnum --server '\#(address)' < '\#(folder)/url'"#)
        #expect(file.code == 0 && input.code == 0, "\(file) \(input)")
        let wish = WebhookWish(operator: "dtnum", url: "https://chat.example.fr/hooks/abc")
        let sent = try stub.requests.map { try ModelJSON.decoder.decode(WebhookWish.self, from: Data($0.body.utf8)) }
        #expect(sent == [wish, wish])
      }
    }
  }

  @Test func `a destination is asked for once, however it ends: there is no key that would make two of them one`()
    async throws
  {
    try await StubService.with { _ in
      var answer = StubService.Answer("{}")
      answer.end = .cut
      return answer
    } _: { stub, address in
      let run = try await Run.regie("webhook", "add", "https://a/b", "--operator", "a", "--server", address)
      #expect(run.code == ExitStatus.unavailable && !run.output.contains("--idempotency-key"), "\(run)")
      #expect(stub.requests.map { $0.headers["idempotency-key"] } == [nil])
    }
  }

  @Test(arguments: [
    ["add", "--operator", "a"], ["add", "https://a/b", "--url-file", "x", "--operator", "a"],
    ["add", "--url-file", "/nowhere", "--operator", "a"], ["add", "--url-file", "/dev/null", "--operator", "a"],
    ["add", "https://a/b"], ["add", "https://a/b", "--operator", "a", "--service-body"],
    ["add", "https://a/b", "--operator", "a", "--project", "b"],
    ["add", "https://a/b", "--operator", "a", "--event", "flow.dreamt"], ["remove"], ["deliveries"],
    ["resend"],
  ])
  func `what is not understood ends with 64`(arguments: [String]) async throws {
    #expect(try await Run.regie(["webhook"] + arguments).code == 64)
  }
}
