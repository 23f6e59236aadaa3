import Foundation
import Model
import Testing

@Suite("Values")
struct ValueTests {
  @Test("a namespace is named as the console names it")
  func namespace() {
    #expect(
      NamespaceName.make(environment: Samples.environmentID, project: Samples.projectID)
        == "b4qjvd14pua3z58ulicbc04u0--22dxmhpuknhbc3u48km99jyob")
    let (least, most) = (
      Samples.uuid("00000000-0000-0000-0000-000000000000"), Samples.uuid("ffffffff-ffff-ffff-ffff-ffffffffffff")
    )
    #expect(NamespaceName.make(environment: least, project: least) == "0--0")
    #expect(NamespaceName.make(environment: most, project: most).count == 52)
  }

  @Test(
    "dates are read with their offset and fraction, and written in UTC",
    arguments: [
      ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z", -978_307_200.0),
      ("2026-11-23T09:30:00Z", "2026-11-23T09:30:00Z", 817_119_000),
      ("2026-11-23t10:30:00.250+01:00", "2026-11-23T09:30:00.25Z", 817_119_000.25),
      ("2026-11-23T09:00:00-00:30", "2026-11-23T09:30:00Z", 817_119_000),
      ("2000-02-29T23:59:59.999999z", "2000-02-29T23:59:59.999999Z", -26_438_400.000001),
      ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.5Z", -978_307_200.5),
      ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", -63_113_904_000),
      ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z", 252_423_993_599),
      ("2026-11-23T09:30:00.1234567Z", "2026-11-23T09:30:00.123456Z", 817_119_000.123456),
      ("2250-02-28T12:00:00.000001Z", "2250-02-28T12:00:00.000001Z", 7_862_702_400.000001),
    ])
  func dates(text: String, written: String, seconds: Double) throws {
    let date = try ModelJSON.decoder.decode([Date].self, from: Data("[\"\(text)\"]".utf8))
    #expect(date == [Date(timeIntervalSinceReferenceDate: seconds)])
    #expect(String(decoding: try ModelJSON.encoder.encode(date), as: UTF8.self) == "[\"\(written)\"]")
  }

  @Test(
    "dates that no calendar has are refused",
    arguments: [
      "2026-11-23", "2026-11-23T09:30:00", "2026-11-23 09:30:00Z", "2026-02-29T00:00:00Z", "2026-11-23T24:00:00Z",
      "2026-11-23T09:60:00Z",
      "2026-11-23T09:30:60Z", "2026-11-23T09:30:00.Z", "2026-11-23T09:30:00+0100", "2026-11-23T09:30:00+24:00",
      "2026-11-23T09:30:00+01:60",
      "2026-11-23T09:30:00Zz", "2026-11-23T9:30:00ZZ", "2026-11-23T0a:30:00Z", "2026-11-23T09-30-00Z",
      "2026-11-23T09:30:00+a1:00",
      "2026-11-23T09:30:00.5", "",
    ])
  func refusedDates(text: String) {
    #expect(throws: DecodingError.self) { try ModelJSON.decoder.decode([Date].self, from: Data("[\"\(text)\"]".utf8)) }
  }

  @Test("a date that was written is read, and written the same again, to the microsecond")
  func writtenAgain() throws {
    var random = SeededGenerator.fresh("ValueTests.writtenAgain")
    let micros = (0..<20_000).map { _ in
      Int64.random(in: -2_000_000_000_000_000...4_000_000_000_000_000, using: &random)
    }
    let written = try ModelJSON.encoder.encode(micros.map { Date(timeIntervalSince1970: Double($0) / 1_000_000) })
    let read = try ModelJSON.decoder.decode([Date].self, from: written)
    #expect(try ModelJSON.encoder.encode(read) == written)
    #expect(read.map(RFC3339.microseconds) == micros)
  }

  @Test("dates outside of the calendar are held at its ends")
  func farDates() throws {
    let json = try ModelJSON.encoder.encode([
      Date.distantPast, Date(timeIntervalSince1970: 1e15), Date(timeIntervalSince1970: -1e15),
    ])
    #expect(
      String(decoding: json, as: UTF8.self)
        == "[\"0001-01-01T00:00:00Z\",\"9999-12-31T23:59:59Z\",\"0001-01-01T00:00:00Z\"]")
  }

  @Test("days exist or are refused")
  func days() throws {
    for text in ["2026-11-23", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31", "2026-04-30"] {
      #expect(CalendarDay(text)?.description == text)
    }
    for text in [
      "2026-02-29", "1900-02-29", "2026-04-31", "2026-13-01", "2026-00-01", "0000-01-01", "2026-1-1", "2026-11-2x",
      "2026/11/23",
    ] {
      #expect(CalendarDay(text) == nil)
    }
    #expect(try #require(CalendarDay("2026-01-31")) < #require(CalendarDay("2026-02-01")))
    #expect(throws: DecodingError.self) { try JSONDecoder().decode([CalendarDay].self, from: Data("[\"hier\"]".utf8)) }
  }

  @Test("a qualification holds on the days of its period, both included")
  func qualification() throws {
    let held = RegionSpec.Qualification(
      name: "HDS", validFrom: CalendarDay("2026-01-01"), validUntil: CalendarDay("2026-12-31"))
    for (day, valid) in [("2025-12-31", false), ("2026-01-01", true), ("2026-12-31", true), ("2027-01-01", false)] {
      #expect(held.isValid(on: try #require(CalendarDay(day))) == valid)
    }
  }

  @Test(
    "constraints on versions",
    arguments: [
      ("16", "16", true), ("16", "16.4", true), ("16", "17", false), ("16", "160", false), ("=16.4", "16.4.1", true),
      (">=14", "14", true), (">=14", "13.9", false), (">14", "14.0", false), (">14", "14.0.1", true),
      ("<=14", "14.0", true),
      ("<=14", "14.1", false), (">=1.27 <1.30", "1.29.3", true), (">=1.27 <1.30", "1.30", false),
    ])
  func versions(constraint: String, version: String, admitted: Bool) throws {
    let constraint = try #require(VersionConstraint(constraint))
    #expect(constraint.admits(try #require(ServiceVersion(version))) == admitted)
  }

  @Test("versions are dotted numbers, equal but for zeros at the end")
  func versionForms() throws {
    for text in ["", "v1", "1.", ".1", "1..2", "1.2.3.4.5.6.7", "1234567890", "1 2", "-1", "١"] {
      #expect(ServiceVersion(text) == nil)
    }
    for text in ["", " ", "~1", ">=", ">=a", "> 1.2.", "!=1"] { #expect(VersionConstraint(text) == nil) }
    let (short, long) = (try #require(ServiceVersion("16")), try #require(ServiceVersion("16.0.0")))
    #expect(short == long && Set([short, long]).count == 1 && !(short < long) && long.description == "16.0.0")
  }

  @Test("taints are tolerated as on Kubernetes' pods")
  func tolerations() {
    let taint = Taint(key: "gpu", value: "a", effect: .noPlacement)
    #expect(Toleration(key: "gpu", value: "a").tolerates(taint))
    #expect(Toleration(key: "gpu", operator: .exists).tolerates(taint))
    #expect(Toleration(operator: .exists).tolerates(taint))
    #expect(Toleration(key: "gpu", operator: .exists, effect: .noPlacement).tolerates(taint))
    #expect(!Toleration(key: "gpu", operator: .exists, effect: .preferNoPlacement).tolerates(taint))
    #expect(!Toleration(key: "gpu").tolerates(taint))
    #expect(!Toleration(key: "cpu", operator: .exists).tolerates(taint))
    #expect(!Toleration(value: "a").tolerates(taint))
    #expect(Toleration(key: "gpu").tolerates(Taint(key: "gpu", effect: .noPlacement)))
  }

  @Test("amounts are counted in the ledger's units, by resource")
  func amounts() {
    let list = ResourceList(
      cpu: Quantity("1.5"), memory: Quantity("1Ki"), gpu: Quantity("2"), storage: Quantity("1k"), pods: Quantity("3"))
    let amounts = ResourceAmounts(list)
    #expect(CountedResource.allCases.map { amounts[$0] } == [1_500, 1_024, 2, 1_000, 3])
    #expect(ResourceAmounts(ResourceList()) == ResourceAmounts())
    var (copy, copiedAmounts) = (ResourceList(), ResourceAmounts())
    for resource in CountedResource.allCases {
      copy[resource] = list[resource]
      copiedAmounts[resource] = amounts[resource]
    }
    #expect(copy == list && copiedAmounts == amounts)
  }

  @Test("stages and sensitivities are in order")
  func order() {
    #expect(Stage.wellKnown.last == Stage.production)
    #expect(Sensitivity.usuel < .restricted && !(Sensitivity.restricted < .usuel) && !(Sensitivity.usuel < .usuel))
  }
}
