"""Muster as an Airflow DAG that starts a pod for each run. The image is that of Dockerfile."""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from kubernetes.client import models as k8s

with DAG(
    dag_id="growthbook_roles",
    schedule="*/30 * * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
):
    KubernetesPodOperator(
        task_id="apply",
        name="growthbook-roles",
        image="images.example.org/muster:1",
        arguments=["growthbook-roles", "apply"],
        env_vars={
            # "enforce" once the plans in the log have been read for a week.
            "MODE": "observe",
            "LDAP_SERVERS": "ldaps://ldap-ro.example.org",
            "GROWTHBOOK_API_URL": "https://growthbook-api.example.org",
            "GROWTHBOOK_PROJECT": "prj_0123456789abcdef",
        },
        env_from=[k8s.V1EnvFromSource(secret_ref=k8s.V1SecretEnvSource(name="growthbook-roles"))],
        # 5: another run is at work. Everything else but 0 fails the task, and the next run continues.
        skip_on_exit_code=5,
        retries=0,
        execution_timeout=timedelta(minutes=10),
        # SIGTERM ends a run between two writes, with a report.
        termination_grace_period=60,
        automount_service_account_token=False,
        container_security_context=k8s.V1SecurityContext(
            run_as_non_root=True,
            run_as_user=1000,
            read_only_root_filesystem=True,
            allow_privilege_escalation=False,
            capabilities=k8s.V1Capabilities(drop=["ALL"]),
        ),
    )
