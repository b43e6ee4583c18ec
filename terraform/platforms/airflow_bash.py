"""Muster as an Airflow DAG on a worker that has Node 24 and this repository after `npm ci --omit=dev`."""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.standard.operators.bash import BashOperator

with DAG(
    dag_id="growthbook_roles",
    schedule="*/30 * * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
):
    BashOperator(
        task_id="apply",
        # With exec, the SIGTERM of a task that is stopped reaches the run, which ends between two writes.
        bash_command="exec node src/muster.cjs growthbook-roles apply",
        cwd="/opt/muster",
        env={
            # "enforce" once the plans in the log have been read for a week.
            "MODE": "observe",
            "LDAP_SERVERS": "ldaps://ldap-ro.example.org",
            "GROWTHBOOK_API_URL": "https://growthbook-api.example.org",
            "GROWTHBOOK_PROJECT": "prj_0123456789abcdef",
            "GROWTHBOOK_LDAP_SYNC_API_KEY": "{{ conn.growthbook.password }}",
        },
        append_env=True,
        # 5: another run is at work. Everything else but 0 fails the task, and the next run continues.
        skip_on_exit_code=5,
        retries=0,
        execution_timeout=timedelta(minutes=10),
    )
