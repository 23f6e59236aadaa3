import Events
import Model
import Reconciler
import Testing

/// The operator's own guard: what it refuses, and how its file is read.
struct GuardTests {
  private func reason(_ policy: GuardPolicy, _ state: DesiredState = Fixtures.desired(1)) -> String? {
    Admission(modes: ["c1": .own], guardPolicy: policy).refusal(of: state)?.reason
  }

  @Test func `what is not said is not restricted`() {
    #expect(reason(GuardPolicy()) == nil)
  }

  @Test func `each restriction refuses by its name, and names what it accepts`() {
    #expect(reason(GuardPolicy(sensitivities: [.restricted])) == "GuardSensitivity")
    #expect(reason(GuardPolicy(sensitivities: [.usuel, .restricted])) == nil)
    #expect(reason(GuardPolicy(organisations: ["men"])) == "GuardOrganisation")
    #expect(reason(GuardPolicy(organisations: [])) == "GuardOrganisation")
    #expect(reason(GuardPolicy(organisations: ["men", "mi"])) == nil)
    let refusal = GuardPolicy(organisations: ["men", "mj"]).refusal(of: Fixtures.desired(1))
    #expect(refusal?.message.hasSuffix("organisation “mi”; accepted: men, mj") == true)
  }

  /// What the guard refuses now it may have allowed when it was accepted, which is so of nothing else.
  @Test func `what the guard refuses is told from what is refused for any other reason`() {
    let (state, removal) = (
      Fixtures.desired(1), Fixtures.desired(1, phase: .removed, notBefore: Fixtures.start)
    )
    let strict: [(GuardPolicy, DesiredState)] = [
      (GuardPolicy(sensitivities: []), state), (GuardPolicy(organisations: []), state),
      (GuardPolicy(namespaces: []), state), (GuardPolicy(quota: ResourceList(cpu: Quantity(1))), state),
      (GuardPolicy(removals: false), removal),
    ]
    let guarded = strict.map { Admission(modes: ["c1": .own], guardPolicy: $0.0).refusal(of: $0.1)?.isOfGuard }
    #expect(guarded == [true, true, true, true, true])
    let others = [
      Fixtures.desired(1, cluster: "c3"), Fixtures.desired(1, mode: .adopt), Fixtures.desired(1, phase: .removed),
      Fixtures.desired(1, namespace: "kube-system"),
    ]
    let unguarded = others.map { Admission(modes: ["c1": .own]).refusal(of: $0)?.isOfGuard }
    #expect(unguarded == [false, false, false, false])
  }

  @Test(arguments: [
    (ResourceList(cpu: Quantity(4)), true), (ResourceList(cpu: Quantity(milli: 3_999)), false),
    (ResourceList(memory: Quantity("8Gi")), true), (ResourceList(memory: Quantity("8191Mi")), false),
    (ResourceList(gpu: Quantity(0)), true), (ResourceList(pods: Quantity(100)), false),
    (ResourceList(storage: Quantity("1Ti")), false),
  ])
  func `a ceiling holds, also for what is not limited`(ceiling: ResourceList, isAccepted: Bool) {
    #expect(reason(GuardPolicy(quota: ceiling)) == (isAccepted ? nil : "GuardQuota"))
  }

  @Test(arguments: [
    ("*", true), ("*--*", true), ("1d7tmz9j2abdrlsc--*", true), ("*sb", true), ("1*--*b", true), ("kube-*", false),
    ("*x", false), ("1d7tmz9j2abdrlsc--1d7tmz9j2abdrlsb*b", false), ("", false), ("a*b*c", false),
    ("1d7tmz9j2abdrlsc--*1d7tmz9j2abdrlsb", true),
  ])
  func `a namespace must match a pattern`(pattern: String, isAccepted: Bool) {
    #expect(Fixtures.namespace == "1d7tmz9j2abdrlsc--1d7tmz9j2abdrlsb")
    #expect(reason(GuardPolicy(namespaces: [pattern])) == (isAccepted ? nil : "GuardNamespace"))
  }

  @Test func `a removal is refused only where none may be, or where the name is not one of ours`() {
    let removal = Fixtures.desired(2, phase: .removed, notBefore: Fixtures.start)
    let strict = GuardPolicy(sensitivities: [], organisations: [], quota: ResourceList(cpu: Quantity(0)))
    #expect(reason(strict, removal) == nil)
    #expect(reason(GuardPolicy(removals: false), removal) == "GuardRemoval")
    #expect(reason(GuardPolicy(removals: false)) == nil)
    #expect(reason(GuardPolicy(namespaces: ["x"]), removal) == "GuardNamespace")
  }

  @Test func `a file is read strictly`() throws {
    let text = """
      sensitivities: [usuel]
      organisations: [mi]
      namespaces: ["*--*"]
      quota: {cpu: 8, memory: 16Gi, gpu: 0}
      removals: false
      """
    let policy = try GuardPolicy.read(text)
    #expect(policy.quota?.memory == Quantity("16Gi") && policy.removals == false)
    #expect(try GuardPolicy.read("{}") == GuardPolicy())
    for (wrong, path) in [
      ("sensitivity: [usuel]", "sensitivity"), ("sensitivities: [secret]", "sensitivities[0]"),
      ("quota: {cpus: 4}", "quota.cpus"), ("organisations: [\"\"]", "organisations[0]"), ("removals: 3", "removals"),
    ] {
      let error = #expect(throws: DocumentErrors.self) { try GuardPolicy.read(wrong) }
      #expect(error?.problems.first?.path == path)
    }
  }
}
