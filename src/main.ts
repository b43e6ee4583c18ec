import { http } from '@google-cloud/functions-framework';
import { handle } from './handler.ts';
import { gitlabApprovals } from './targets/gitlab/job.ts';
import { growthbookRoles } from './targets/growthbook/job.ts';

http('growthbookRoles', handle(growthbookRoles));
http('gitlabApprovals', handle(gitlabApprovals));
