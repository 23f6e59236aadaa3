internal import Events
internal import Foundation
internal import Kubernetes
internal import Logging

/// Mode `gitops`, where Argo CD is asked: its Applications are followed like any kind of object, and what they say reaches the
/// machines. That they can not be read holds nothing up.
extension ClusterWorker {
  /// Why Argo CD's Applications can not be read; nil while they can, or nobody asks for them.
  public var applicationFault: String? { applicationBook?.trouble?.message }

  /// Follows them until the task is cancelled.
  nonisolated func followApplications(_ informer: Informer<ApplicationStatus>, _ patience: Duration) async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.watchApplications(informer) }
      group.addTask { await self.loseAbsentApplications(patience) }
    }
  }

  /// Shows the placement's machine what its Application says.
  func introduceApplication(of state: DesiredState) {
    guard applicationBook != nil else { return }
    applicationBook?.note(state.placement, cluster: name, namespace: state.namespace)
    showApplications(of: [state.placement])
  }

  private nonisolated func watchApplications(_ informer: Informer<ApplicationStatus>) async {
    do {
      for try await event in informer { await takeApplications(event) }
    } catch {
      logger.debug("The watch of Applications ended", metadata: ["cluster": "\(name)"])
    }
  }

  private func takeApplications(_ event: InformerEvent<ApplicationStatus>) {
    switch event {
    case .synced:
      absentApplications.ends()
      applicationBook?.isListed = true
      setTrouble(nil)
      showApplications(of: applicationBook?.all ?? [])
    case .applied(let item), .deleted(let item):
      showApplications(of: applicationBook?.placements(of: item.identity.name) ?? [])
    case .interrupted(let error):
      if let trouble = ApplicationBook.Trouble(error) {
        absentApplications.ends()
        setTrouble(trouble)
        showApplications(of: applicationBook?.all ?? [])
      } else if applicationBook?.trouble == nil {
        absentApplications.goesOn("\(error)", at: .now)
        applicationBell.continuation.yield()
      }
    case .resumed:
      absentApplications.ends()
      // Before the first list nothing is known yet.
      guard applicationBook?.isListed == true else { return }
      setTrouble(nil)
      showApplications(of: applicationBook?.all ?? [])
    }
  }

  /// What was last said stands while an API server is only started anew, and is not taken for the truth for ever.
  private nonisolated func loseAbsentApplications(_ patience: Duration) async {
    for await _ in applicationBell.stream {
      while let left = await tellAbsence(after: patience) {
        guard (try? await Task.sleep(for: left)) != nil else { return }
      }
    }
  }

  /// - Returns: in how long to look again; nil where nothing is absent, or it was told.
  private func tellAbsence(after patience: Duration) -> Duration? {
    guard let error = absentApplications.reason, let left = absentApplications.left(of: patience, at: .now) else {
      return nil
    }
    guard left <= .zero else { return left }
    absentApplications.ends()
    setTrouble(ApplicationBook.Trouble(reason: "ArgoCDUnavailable", message: "Argo CD can not be asked: \(error)"))
    showApplications(of: applicationBook?.all ?? [])
    return nil
  }

  private func showApplications(of placements: [UUID]) {
    guard let applicationBook, let applicationInformer, let applications else { return }
    for placement in placements {
      let sighting = applicationBook.sighting(of: placement) { name in
        applicationInformer[ObjectKey(namespace: applications.namespace, name: name)]?.value
      }
      feed(placement, .application(sighting))
    }
  }

  private func setTrouble(_ trouble: ApplicationBook.Trouble?) {
    guard trouble != applicationBook?.trouble else { return }
    applicationBook?.trouble = trouble
    if let trouble {
      logger.warning("Argo CD's Applications", metadata: ["cluster": "\(name)", "error": "\(trouble.message)"])
    }
    tellHealth()
  }
}

extension ApplicationBook.Trouble {
  /// What does not pass by itself, and so is told at once; nil for what may.
  init?(_ error: KubernetesError) {
    switch error.kind {
    case _ where error.mayBeOfUnknownKind:
      self.init(
        reason: "ApplicationKindMissing",
        message: "the API server knows no applications.argoproj.io: Argo CD is not installed there (\(error))")
    case .forbidden, .unauthorized:
      self.init(reason: "ApplicationsForbidden", message: "Applications may not be read: \(error)")
    default: return nil
    }
  }
}
