import Foundation
import Kafka
import Testing

@testable import Agent

/// What `--check` tells of the settings, and how the report says it.
struct CheckReportTests {
  private func check(bus: String, unread: [String] = []) -> AgentCheck {
    AgentCheck(
      zone: "z1", home: "regie-system", keys: nil, bus: KafkaConfiguration(bootstrapServers: bus), clusters: [],
      unread: unread, logger: AgentRig.quiet)
  }

  @Test func `what a start would go on with is told, and makes the report no bad one`() {
    let report = CheckReport(
      findings: check(bus: "192.0.2.1:9092", unread: ["KAFKA_FETCH_MIN_BYTES", "REGIE_HEARTBEATS"]).described())
    #expect(report.isGood && report.findings.map(\.check) == ["variables", "transport"])
    #expect(report.findings[0].detail.hasPrefix("nothing reads KAFKA_FETCH_MIN_BYTES, REGIE_HEARTBEATS: "))
    #expect(report.findings[1].detail.hasPrefix("Kafka at 192.0.2.1:9092 is reached with no security.protocol"))
    let marks = report.text().split(separator: "\n").map { String($0.prefix(3)) }
    #expect(marks == ["!  ", "!  ", "Rie"])
  }

  @Test func `a bus on this machine, and variables that are all read, are told by nothing`() {
    #expect(check(bus: "127.0.0.1:9092").described() == [])
  }

  @Test func `how many are missing is told of one as of one`() {
    let good = CheckReport.Finding(subject: "s", check: "c", isGood: true, detail: "d")
    let bad = CheckReport.Finding(subject: "s", check: "c", isGood: false, detail: "d")
    #expect(CheckReport(findings: [good, bad]).text().hasSuffix("\n1 de 2 manque. / 1 of 2 is missing."))
    #expect(CheckReport(findings: [bad, bad]).text().hasSuffix("\n2 de 2 manquent. / 2 of 2 are missing."))
  }

  @Test func `programs read what is a warning`() throws {
    let finding = CheckReport.Finding(subject: "s", check: "c", isGood: true, detail: "d", isWarning: true)
    let report = CheckReport(findings: [finding])
    let json = try report.json()
    #expect(json.contains(#""warning" : true"#) && json.contains(#""ok" : true"#), "\(json)")
    #expect(try JSONDecoder().decode(CheckReport.self, from: Data(json.utf8)) == report)
  }
}
