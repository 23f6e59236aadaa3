import Contract
import Events
import Testing

@testable import CLI

/// The audit trail as `regie audit list` shows it.
struct AuditTextTests {
  private func entry(
    _ id: Int64, roles: [String]?, traceparent: String?, reason: String? = nil
  ) -> AuditEntryView {
    AuditEntryView(
      id: id, at: Timestamp(microseconds: 0), principal: "oidc:u-\(id)", roles: roles, reason: reason,
      traceparent: traceparent, action: "changed", kind: "Cluster", name: "nord-1", body: "{}", digest: "", seal: nil)
  }

  @Test func `a line says as what somebody acted, and the trace to look for`() throws {
    let lines = AuditList.text([
      entry(
        3, roles: ["auditor", "operator(dtnum)"], traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
      ),
      entry(2, roles: [], traceparent: nil, reason: "Un\nfaux"), entry(1, roles: nil, traceparent: "x"),
    ]).split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    try #require(lines.count == 4)
    let roles = try #require(lines[0].firstIndex(of: "ROLES"))
    #expect(lines.dropFirst().map { $0[roles] } == ["auditor,operator(dtnum)", "-", "-"])
    let trace = try #require(lines[0].firstIndex(of: "TRACE"))
    #expect(lines.dropFirst().map { $0[trace] } == ["0af7651916cd43dd8448eb211c80319c", "-", "-"])
    #expect(lines.map(\.last) == ["REASON", "-", "Un\u{FFFD}faux", "-"], "and makes no line of its own")
  }
}
